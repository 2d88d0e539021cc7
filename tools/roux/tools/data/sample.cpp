#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/status_line.h"
#include "roux/base/units.h"
#include "roux/base/visible.h"
#include "roux/datasets/sample_corpus.h"
#include "roux/datasets/sample_folder.h"
#include "tool/table.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;
using datasets::SampleConfig;
using datasets::SampleCorpus;
using datasets::SampleKind;

struct Entry {
  std::string_view file;
  std::string_view what;
  bool has_lines = true;
};

constexpr Entry kEntries[] = {
    {"train.jsonl", "documents to train on"},
    {"valid.jsonl", "documents of the same kinds to validate with"},
    {"sums_held_out.jsonl", "sums that no document gives away"},
    {"world_held_out.jsonl", "facts, asked for in a way that no document does"},
    {"tokenizer.json", "the tokenizer for all of it", false}};

void print_files(const fs::path& folder) {
  Column names;
  Column sizes{.right = true};
  Column lines{.right = true};
  Column notes;
  for (const auto& [file, what, has_lines] : kEntries) {
    const std::string bytes = read_file(folder / file);
    names.cells.push_back(cat("  ", file));
    sizes.cells.push_back(approximate_bytes(bytes.size()));
    lines.cells.push_back(has_lines ? with_commas(std::ranges::count(bytes, '\n')) : "");
    notes.cells.emplace_back(what);
  }
  print({names, sizes, lines, notes});
}

// The first of each kind, as a model will see it.
void print_examples(const SampleConfig& config) {
  const SampleCorpus corpus(config.seed);
  for (const SampleKind kind : {SampleKind::Story, SampleKind::Sums, SampleKind::World}) {
    std::uint64_t index = 0;
    while (corpus.document(index).kind != kind) ++index;
    std::cout << "\n-- " << datasets::name_of(kind) << '\n' << corpus.document(index).text << '\n';
  }
}

// Says so when it takes more than a moment, be it that somebody else makes it.
class ShowProgress {
 public:
  explicit ShowProgress(bool quiet) : line_(quiet) {}

  void operator()(const datasets::SampleProgress& progress) {
    constexpr std::chrono::seconds kMoment{1};
    if (Clock::now() - start_ < kMoment) return;
    if (!line_.due() && shown_) return;
    shown_ = true;
    line_.show(
        progress.maker.empty()
            ? cat("making the sample corpus: ", 100 * progress.bytes / progress.all_bytes, " %")
            : cat("waiting for ", progress.maker, ", which makes the sample corpus"));
  }

 private:
  using Clock = std::chrono::steady_clock;

  StatusLine line_;
  Clock::time_point start_ = Clock::now();
  bool shown_ = false;
};

int sample(const Arguments& arguments) {
  // sample.json says it as a number, which other programs may read as a double.
  constexpr std::int64_t kLargestSeed = std::int64_t{1} << 53;
  SampleConfig config;
  config.seed = static_cast<std::uint64_t>(arguments.number("--seed", 0, 0, kLargestSeed));
  config.megabytes = arguments.number("--megabytes", config.megabytes, 1, 1000);
  if (arguments.has("--output")) check_output_folder("data sample", arguments.text("--output"));
  const fs::path folder = arguments.has("--output") ? fs::path(arguments.text("--output"))
                                                    : datasets::default_sample_folder(config);
  const auto start = std::chrono::steady_clock::now();
  bool is_new = false;
  {
    ShowProgress progress(arguments.has("--quiet"));
    is_new = datasets::make_sample_corpus(folder, config, std::ref(progress));
  }
  const auto time = std::chrono::steady_clock::now() - start;
  if (arguments.has("--quiet")) {
    std::cout << folder.string() << '\n';
    return 0;
  }
  const std::string where = visible(folder.string(), "");
  std::cout << where
            << (is_new ? cat(": made in ", approximate_duration(time)) : ": was there already")
            << '\n';
  print_files(folder);
  print_examples(config);
  const auto sum = SampleCorpus(config.seed).held_out_sums().front();
  std::cout << "\nA model that goes on after a \"prompt\" of the held-out files (" << sum.prompt
            << ") with its\n\"answer\" (" << sum.answer.substr(1)
            << ") has learned to count and to remember. To look around:\n"
            << "  roux data inspect " << where << "/train.jsonl -m " << where << '\n'
            << "  echo '3 + 4: 3 4 5 6 7' | roux tokenizer encode --tokens -m " << where << '\n';
  return 0;
}

}  // namespace

Command sample_command() {
  return {.name = "sample",
          .summary = "makes a few megabytes of stories, sums and facts, to train a tiny model on",
          .options = {{.name = "--output",
                       .value = "DIR",
                       .help = "a folder for it, new or empty; one in the cache unless given",
                       .letter = "-o"},
                      {.name = "--seed",
                       .value = "N",
                       .help = "another one gives other stories, other held-out sums and another "
                               "world; 0 unless given"},
                      {.name = "--megabytes",
                       .value = "N",
                       .help = "how much text to train on, from 1 to 1000; 4 unless given"},
                      {.name = "--quiet", .help = "print the folder alone", .letter = "-q"}},
          .details =
              "The same seed and size give the same bytes. What is there already is left as it "
              "is. In the\ncache it lies below $XDG_CACHE_HOME/roux, else ~/.cache/roux. A "
              "config\nnames it as [dataset] name = \"sample\".\n",
          .run = sample};
}

}  // namespace roux::tool
