#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/status_line.h"
#include "roux/base/units.h"
#include "roux/datasets/tokenize.h"
#include "tool/table.h"

namespace roux::tool {
namespace {

using datasets::TokenizeProgress;
using Clock = std::chrono::steady_clock;

std::string megabytes_a_second(std::int64_t bytes, Clock::duration time) {
  const double seconds = std::chrono::duration<double>(time).count();
  return cat(approximate_bytes(
                 static_cast<std::uint64_t>(static_cast<double>(bytes) / std::max(seconds, 1e-9))),
             "/s");
}

std::string progress_text(const TokenizeProgress& progress, Clock::duration time) {
  const auto bytes = static_cast<std::uint64_t>(progress.bytes);
  return cat(100 * progress.bytes / std::max<std::int64_t>(progress.all_bytes, 1),
             " %: ", approximate_bytes(bytes), " of ",
             approximate_bytes(static_cast<std::uint64_t>(progress.all_bytes)), ", ",
             with_commas(progress.documents), " documents, ", with_commas(progress.tokens),
             " tokens, ", megabytes_a_second(progress.bytes, time));
}

void print_done(const std::string& folder, const TokenizeProgress& done, Clock::duration time) {
  std::cerr << folder << ": " << with_commas(done.documents) << " documents, "
            << with_commas(done.tokens) << " tokens";
  if (done.kept_files > 0) {
    std::cerr << ", " << done.kept_files << (done.kept_files == 1 ? " file" : " files")
              << " of them as they were";
  } else {
    std::cerr << ", in " << approximate_duration(time) << " ("
              << megabytes_a_second(done.all_bytes, time) << ")";
  }
  std::cerr << '\n';
  if (done.bad > 0) {
    std::cerr << "roux: " << with_commas(done.bad)
              << (done.bad == 1 ? " broken line was" : " broken lines were") << " left out\n";
  }
}

int tokenize(const Arguments& arguments) {
  const bool quiet = arguments.has("--quiet");
  check_output_folder("data tokenize", arguments.text("--output"));
  const std::shared_ptr<const Tokenizer> tokenizer = find_tokenizer_of(arguments.text("--model"));
  ThreadPool pool({.num_threads = static_cast<int>(arguments.number("--threads", 0, 0, 1024))});
  const auto start = Clock::now();
  StatusLine line(quiet);

  datasets::TokenizeOptions options;
  options.sources = arguments.operands;
  options.folder = arguments.text("--output");
  options.tokenizer_name = arguments.text("--model");
  if (std::filesystem::exists(options.tokenizer_name)) {
    options.tokenizer_name = std::filesystem::absolute(options.tokenizer_name).string();
  }
  options.field = arguments.text("--field", "text");
  options.force = arguments.has("--force");
  options.add_eos = !arguments.has("--no-eos");
  if (arguments.has("--skip-bad")) {
    constexpr std::int64_t kShown = 5;
    options.skip_bad.emplace();
    options.skip_bad->report = [&](const DataError& what, std::int64_t count) {
      if (count > kShown) return;
      line.clear();
      std::cerr << "roux: left out: " << what.what() << '\n';
    };
  }
  options.progress = [&](const TokenizeProgress& progress) {
    if (line.due()) line.show(progress_text(progress, Clock::now() - start));
  };
  const TokenizeProgress done = datasets::tokenize_texts(options, tokenizer, pool);
  line.clear();
  if (!quiet) print_done(arguments.text("--output"), done, Clock::now() - start);
  return 0;
}

}  // namespace

Command tokenize_command() {
  return {
      .name = "tokenize",
      .summary = "turns texts into files of tokens, which training reads as fast as memory is",
      .operands = {"SOURCE..."},
      .options = {{.name = "--model",
                   .value = "MODEL",
                   .help = "whose tokenizer: as for roux tokenizer",
                   .letter = "-m",
                   .required = true},
                  {.name = "--output",
                   .value = "DIR",
                   .help = "the folder for them",
                   .letter = "-o",
                   .required = true},
                  {.name = "--field",
                   .value = "NAME",
                   .help = "the member of each JSON object that is the text; text unless given"},
                  {.name = "--no-eos", .help = "set no end-of-text token behind each text"},
                  {.name = "--skip-bad",
                   .help = "leave broken lines, and what follows damage in a compressed file, "
                           "out, up to one in a hundred; else the first one stops it"},
                  {.name = "--force",
                   .help = "also overwrite tokens of other sources, or made in another way"},
                  {.name = "--threads", .value = "N", .help = "one a core if 0 or left out"},
                  {.name = "--quiet", .help = "show no progress", .letter = "-q"}},
      .details =
          "A SOURCE is a file of JSON lines (.jsonl, also .gz and .zst), a folder of such files, "
          "or "
          "a\npattern: '/data/**/*.chunk.*.jsonl'. In a training config the folder stands where "
          "the\nsources stood. Stopped and begun again, it goes on behind the files that are "
          "whole.\n",
      .run = tokenize};
}

}  // namespace roux::tool
