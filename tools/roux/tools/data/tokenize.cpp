#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string_view>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/status_line.h"
#include "roux/base/units.h"
#include "roux/base/visible.h"
#include "roux/datasets/tokenize.h"

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
             counted(progress.documents, "documents"), ", ", counted(progress.tokens, "tokens"),
             ", ", megabytes_a_second(progress.bytes - progress.kept_bytes, time));
}

void print_done(const std::string& folder, const TokenizeProgress& done, Clock::duration time) {
  std::cerr << visible(folder, "") << ": " << counted(done.documents, "documents") << ", "
            << counted(done.tokens, "tokens");
  if (done.kept_files > 0) {
    std::cerr << ", " << counted(done.kept_files, "files") << " of them as they were";
  }
  if (const std::int64_t bytes = done.all_bytes - done.kept_bytes; bytes > 0) {
    std::cerr << (done.kept_files > 0 ? "; the rest" : ",") << " in " << approximate_duration(time)
              << " (" << megabytes_a_second(bytes, time) << ")";
  }
  std::cerr << '\n';
  if (done.bad > 0) {
    std::cerr << "roux: " << counted(done.bad, "broken lines") << (done.bad == 1 ? " was" : " were")
              << " left out\n";
  }
}

double bad_share(const Arguments& arguments) {
  const std::string text = arguments.text("--max-bad-share", "0.01");
  double share = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc() || end != text.data() + text.size() || !(share >= 0.0 && share <= 1.0)) {
    throw ConfigError(cat("data tokenize: --max-bad-share must be from 0 to 1, but is ", text));
  }
  if (arguments.has("--max-bad-share") && !arguments.has("--skip-bad")) {
    throw ConfigError("data tokenize: --max-bad-share is for --skip-bad");
  }
  return share;
}

// Whoever stops it learns that nothing is lost; then the signal does what it always does.
void say_that_it_goes_on(int signal) {
  constexpr std::string_view kText =
      "\nroux: stopped: the same command goes on behind the files that are whole\n";
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, kText.data(), kText.size());
  std::raise(signal);  // the handler is gone by now, and the signal comes behind this one's end
}

void say_so_when_stopped() {
  struct sigaction action = {};
  action.sa_handler = say_that_it_goes_on;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

int tokenize(const Arguments& arguments) {
  const bool quiet = arguments.has("--quiet");
  const double max_bad_share = bad_share(arguments);
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
    options.skip_bad->max_share = max_bad_share;
    options.skip_bad->setting = "--max-bad-share";
    options.skip_bad->report = [&](const DataError& what, std::int64_t count) {
      if (count > kShown) return;
      line.clear();
      std::cerr << "roux: left out: " << visible(what.what(), "") << '\n';
    };
  }
  options.progress = [&](const TokenizeProgress& progress) {
    if (line.due()) line.show(progress_text(progress, Clock::now() - start));
  };
  say_so_when_stopped();
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
                   .help = "leave broken lines out; else the first one stops it. A damaged file "
                           "always does"},
                  {.name = "--max-bad-share",
                   .value = "SHARE",
                   .help = "how many of them may be; 0.01 unless given. Of a thousand lines where "
                           "there are less, so ten may be in any case"},
                  {.name = "--force",
                   .help = "also overwrite tokens of other sources, or made in another way, and "
                           "drop those of sources that are not named"},
                  {.name = "--threads", .value = "N", .help = "one a core if 0 or left out"},
                  {.name = "--quiet", .help = "show no progress", .letter = "-q"}},
      .details =
          "A SOURCE is a file of JSON lines (.jsonl, also .gz and .zst), a folder of such files, "
          "or a\npattern: '/data/**/*.chunk.*.jsonl'. In a training config the folder stands where "
          "the\nsources stood. Stopped and begun again, it goes on behind the files that are "
          "whole.\nExit codes: 0 done; 2 the command line is wrong, or DIR holds other tokens; 1 "
          "something is\nbroken or cannot be written.\n",
      .run = tokenize};
}

}  // namespace roux::tool
