// `roux score`: how likely a checkpoint finds texts, token by token.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "documents.h"
#include "lines.h"
#include "roux/base/dtype.h"
#include "roux/base/error.h"
#include "roux/config/sections/common.h"
#include "roux/model/card_tokenizer.h"
#include "roux/model/huggingface.h"
#include "roux/model/model_hub.h"
#include "scorer.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;

std::optional<DType> wanted_dtype(const Arguments& arguments) {
  if (!arguments.has("--dtype")) return std::nullopt;
  return parse_dtype(arguments.text("--dtype"));
}

bool is_jsonl(const Arguments& arguments) {
  const std::string format = arguments.text("--format", "auto");
  const std::string file = arguments.text("--text");
  if (format != "auto") return format == "jsonl";
  return file.ends_with(".jsonl") || file.ends_with(".ndjson");
}

void check_options(const Arguments& arguments) {
  if (arguments.has("--text") == arguments.has("--ids")) {
    throw ConfigError("score: give a file with --text or with --ids, one of the two");
  }
  for (const char* option : {"--format", "--field", "--tokenizer"}) {
    if (arguments.has(option) && arguments.has("--ids")) {
      throw ConfigError(cat("score: ", option, " is for --text: ids are one JSON list a line"));
    }
  }
  if (arguments.has("--field") && !is_jsonl(arguments)) {
    throw ConfigError(
        "score: --field names a field of JSON lines, but the file is taken for one text (--format "
        "jsonl takes it for such lines)");
  }
}

// Without a config.json it takes a family and an architecture, which only a card says here.
void check_folder(const std::string& word, const CardStore& cards) {
  const auto folder = find_checkpoint(word, cards);
  if (is_card(word, cards) || !fs::is_directory(folder) || fs::exists(folder / "config.json")) {
    return;
  }
  throw ConfigError(cat(folder.string(),
                        " holds no config.json: score a model card that says with family and arch "
                        "what these weights are of (docs/models.md)"));
}

Windows windows_of(const Arguments& arguments, const LanguageModel& model) {
  if (model.max_seq_len() < 2) {
    throw ConfigError(cat(arguments.operands[0],
                          ": the model must read at least 2 tokens at once to be scored "
                          "(max_position_embeddings or n_positions of its config.json, max_seq_len "
                          "of a card), but reads ",
                          model.max_seq_len()));
  }
  const std::int64_t size =
      arguments.number("--window", model.max_seq_len(), 2, model.max_seq_len());
  return {size, arguments.number("--stride", size / 2, 1, size - 1)};
}

// What is written before a mistake in the input is told is all that stands before it.
void score_lines(Lines& lines, Scorer& scorer,
                 const std::function<Document(const std::string& line)>& read) {
  try {
    while (const auto line = lines.next()) {
      scorer.add(read(*line));
      if (!lines.has_more_at_once()) scorer.flush();
    }
  } catch (const Error&) {
    scorer.flush();
    throw;
  }
  scorer.flush();
}

int run(const Arguments& arguments) {
  check_options(arguments);
  const bool has_ids = arguments.has("--ids");
  Lines lines(arguments.text(has_ids ? "--ids" : "--text"));

  const std::string& word = arguments.operands[0];
  const CardStore cards(CardStore::user_folders({}));
  check_folder(word, cards);
  const ModelFamilies families = ModelFamilies::standard();
  const PlannedModel planned = ModelHub(families, cards).find(word);
  const Windows windows = windows_of(arguments, *planned.model);
  // Before the weights, which take longer to read.
  const auto tokenizer =
      has_ids ? nullptr
              : load_tokenizer(find_tokenizer(arguments.text("--tokenizer", word), cards));
  const LoadedModel loaded = load_values(planned.model, *planned.weights, wanted_dtype(arguments));

  Scorer scorer(*loaded.model, windows);
  if (has_ids) {
    score_lines(lines, scorer, [&](const std::string& line) {
      return read_ids(line, lines.place(), loaded.model->vocab_size());
    });
  } else if (is_jsonl(arguments)) {
    const std::string field = arguments.text("--field", "text");
    score_lines(lines, scorer, [&](const std::string& line) {
      return read_text(line, lines.place(), field, *tokenizer);
    });
  } else {
    scorer.add({tokenizer->encode(lines.rest()), lines.name()});
    scorer.flush();
  }
  scorer.print_total();
  return 0;
}

const Tool& score() {
  static const Tool tool{
      "score",
      "tells how likely a checkpoint finds a text, token by token",
      "",
      {{.operands = {"MODEL"},
        .options = {{.name = "--text",
                     .value = "FILE",
                     .help = "a text, or of a .jsonl file one a line; - is the standard input"},
                    {.name = "--ids",
                     .value = "FILE",
                     .help = "a JSON list of token ids a line; - is the standard input"},
                    {.name = "--format",
                     .value = "NAME",
                     .help = "what the text's file is; by its name unless given",
                     .choices = {"auto", "text", "jsonl"}},
                    {.name = "--field",
                     .value = "NAME",
                     .help = "the field of a JSON line that holds its text; text unless given"},
                    {.name = "--tokenizer",
                     .value = "MODEL",
                     .help = "another model's tokenizer, or a file"},
                    {.name = "--window",
                     .value = "N",
                     .help = "score longer documents in windows of N tokens; as many as the model "
                             "reads unless given"},
                    {.name = "--stride",
                     .value = "N",
                     .help = "begin each window N tokens behind the one before; half a window "
                             "unless given"},
                    {.name = "--dtype",
                     .value = "DTYPE",
                     .help = "what is computed in; the checkpoint's, if it is left out",
                     .choices = {"float32", "bfloat16", "float16", "float64"}}},
        .details = "MODEL is a Hugging Face folder, hf://ORGANISATION/NAME in the local cache, or "
                   "a model\n"
                   "card (roux models). For each text, as soon as it is scored, a JSON object is "
                   "printed:\n"
                   "\"logprobs\" (one for every token but the first), the \"ids\" and the \"sum\"; "
                   "a blank\n"
                   "line counts as a text without a token. The perplexity of all goes to the "
                   "standard error.\n",
        .run = run}}};
  return tool;
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  return roux::tool::tool_main(roux::tool::score(), argc, argv);
}
