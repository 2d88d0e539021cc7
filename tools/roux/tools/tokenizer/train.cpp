#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/status_line.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"
#include "roux/tokenizer/bpe_trainer.h"
#include "text_files.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string progress_text(const BpeProgress& progress, std::uint64_t total_bytes,
                          std::int64_t vocab_size) {
  if (progress.tokens > 0) return cat("merging: ", progress.tokens, " of ", vocab_size, " tokens");
  return cat("counting words: ", approximate_bytes(progress.bytes),
             total_bytes ? cat(" of ", approximate_bytes(total_bytes)) : "", ", ", progress.words,
             " different ones");
}

std::string_view pattern_of(const std::string& name) {
  if (name == "gpt2") return split_patterns::kGpt2;
  return name == "qwen2" ? split_patterns::kQwen2 : split_patterns::kLlama3;
}

TextFormat format_of(const std::string& name) {
  if (name == "text") return TextFormat::Text;
  return name == "jsonl" ? TextFormat::Jsonl : TextFormat::Auto;
}

// Throws ConfigError for options that mean nothing together.
void check_options(const Arguments& arguments) {
  refuse_together(arguments, "tokenizer train", "--special-token", "--no-special-tokens");
  if (!arguments.has("--field")) return;
  const TextFormat format = format_of(arguments.text("--format", "auto"));
  const bool has_json =
      format == TextFormat::Jsonl ||
      (format == TextFormat::Auto && std::ranges::any_of(arguments.operands, is_jsonl));
  if (has_json) return;
  throw ConfigError(
      "tokenizer train: --field names a field of JSON lines, but no FILE is named .jsonl or "
      ".ndjson (--format jsonl takes them for such)");
}

// Before the texts are counted, which can take hours. Nothing stays of a new folder but its
// parents.
void check_folder(const fs::path& folder) {
  std::error_code error;
  const bool is_new = fs::create_directories(folder, error);
  if (error) {
    throw ConfigError(cat("tokenizer train: -o must be a folder, or one that can be made, but is ",
                          folder, ": ", error.message()));
  }
  if (is_new) fs::remove(folder);
}

BpeTrainerConfig config_of(const Arguments& arguments) {
  BpeTrainerConfig config;
  config.vocab_size = arguments.number("--vocab-size", config.vocab_size, 1);
  config.pattern = pattern_of(arguments.text("--pattern", "llama3"));
  config.min_frequency = arguments.number("--min-frequency", config.min_frequency, 1);
  config.max_words = arguments.number("--max-words", config.max_words, 1000);
  config.num_threads = static_cast<int>(arguments.number("--threads", 0, 0, 1024));
  if (arguments.has("--special-token")) config.special_tokens = arguments.all("--special-token");
  if (arguments.has("--no-special-tokens")) config.special_tokens.clear();
  return config;
}

int train(const Arguments& arguments) {
  const fs::path folder = arguments.text("--output");
  const bool quiet = arguments.has("--quiet");
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
    if (!arguments.has("--force") && fs::exists(folder / name)) {
      throw ConfigError(cat((folder / name).string(), " is there already (--force replaces it)"));
    }
  }
  check_options(arguments);
  check_folder(folder);
  const BpeTrainerConfig config = config_of(arguments);
  TextFiles files(arguments.operands, format_of(arguments.text("--format", "auto")),
                  arguments.text("--field", "text"), config.pattern);
  const auto start = Clock::now();
  StatusLine line(quiet);
  const TrainedBpe trained = train_bpe(
      config, [&](std::string& text) { return files.next(text); },
      [&](const BpeProgress& progress) {
        if (line.due()) line.show(progress_text(progress, files.total_bytes(), config.vocab_size));
      });
  if (trained.bytes == 0) {
    throw ConfigError(cat("tokenizer train: ", join(arguments.operands, ", "),
                          arguments.operands.size() == 1 ? " holds" : " hold",
                          " no text: there is nothing to learn from"));
  }
  save_tokenizer(trained, folder);

  line.clear();
  if (trained.forgotten_words > 0) {
    std::cerr << "roux: " << trained.forgotten_words
              << " rare words were forgotten on the way (--max-words " << config.max_words << ")\n";
  }
  const auto made = static_cast<std::int64_t>(trained.tokens.size());
  if (made < config.vocab_size) {
    std::cerr << "roux: the vocabulary has " << made << " tokens instead of " << config.vocab_size
              << ": no other pair comes " << config.min_frequency << " times (--min-frequency)\n";
  }
  if (!quiet) {
    std::cerr << (folder / "tokenizer.json").string() << ": " << made << " tokens from "
              << approximate_bytes(trained.bytes) << " of text with " << trained.words
              << " different words, in "
              << approximate_duration(
                     std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start))
              << '\n';
  }
  return 0;
}

}  // namespace

Command train_command() {
  return {
      .name = "train",
      .summary = "learns a byte-level BPE from text, and writes it as tokenizer.json",
      .operands = {"FILE..."},
      .options =
          {{.name = "--output",
            .value = "DIR",
            .help = "the folder for tokenizer.json and tokenizer_config.json",
            .letter = "-o",
            .required = true},
           {.name = "--vocab-size",
            .value = "N",
            .help = "how many tokens there shall be, special ones and the 256 bytes included; "
                    "32000 unless given"},
           {.name = "--pattern",
            .value = "NAME",
            .help = "whose way of cutting text into words it is; llama3 unless given",
            .choices = {"llama3", "qwen2", "gpt2"}},
           {.name = "--special-token",
            .value = "TEXT",
            .help =
                "a token that no text is turned into unless it is asked for; the first one ends "
                "a text; <|endoftext|> unless given",
            .repeatable = true},
           {.name = "--no-special-tokens", .help = "have none"},
           {.name = "--min-frequency",
            .value = "N",
            .help = "merge no pair that comes less often; 2 unless given"},
           {.name = "--format",
            .value = "NAME",
            .help = "what the files are; by their names unless given",
            .choices = {"auto", "text", "jsonl"}},
           {.name = "--field",
            .value = "NAME",
            .help = "the field of a JSON line that holds its text; text unless given"},
           {.name = "--max-words",
            .value = "N",
            .help = "how many different words to remember while counting, at about 200 bytes each; "
                    "5000000 unless given"},
           {.name = "--threads",
            .value = "N",
            .help = "threads that count words; one a core if 0 or left out"},
           {.name = "--force", .help = "replace what is in the folder"},
           {.name = "--quiet", .help = "say nothing of how far it is", .letter = "-q"}},
      .details =
          "A FILE is one text, or, named .jsonl or .ndjson, one text a line; - is the standard\n"
          "input (zcat corpus.gz | roux tokenizer train -o DIR -). The same files give the same\n"
          "bytes, whatever the number of threads.\n",
      .run = train};
}

}  // namespace roux::tool
