// `roux score`: how likely a checkpoint finds texts, token by token.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "documents.h"
#include "roux/base/dtype.h"
#include "roux/base/error.h"
#include "roux/config/sections/common.h"
#include "roux/model/card_store.h"
#include "roux/model/huggingface.h"
#include "roux/model/model_hub.h"
#include "roux/tokenizer/load.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;

// Texts are run together up to so many tokens: short ones would leave the processor idle.
constexpr std::size_t kBatchTokens = 4096;

struct Total {
  double log_probability = 0.0;
  std::int64_t tokens = 0;
};

// The tokens of `documents`, packed.
nn::TokenBatch batch_of(std::span<const Document> documents) {
  std::vector<std::int64_t> bounds{0};
  std::vector<std::int64_t> ids;
  for (const Document& document : documents) {
    ids.insert(ids.end(), document.ids.begin(), document.ids.end());
    bounds.push_back(static_cast<std::int64_t>(ids.size()));
  }
  return nn::TokenBatch::packed(at::tensor(ids, at::TensorOptions(at::kLong)), bounds);
}

void print_scores(std::span<const Document> documents, LanguageModel& model, Total& total) {
  const nn::TokenBatch batch = batch_of(documents);
  const at::Tensor scores =
      model.log_probabilities(batch, next_token_targets(batch)).to(at::kDouble).contiguous();
  const double* next = scores.const_data_ptr<double>();
  for (const Document& document : documents) {
    nlohmann::ordered_json line;
    line["logprobs"] = nlohmann::ordered_json::array();
    double sum = 0.0;
    for (std::size_t i = 0; i + 1 < document.ids.size(); ++i) {
      if (!std::isfinite(next[i])) {
        throw DataError(cat(document.place, ": the log-probability of token ", i + 1, " is ",
                            next[i],
                            ": the checkpoint is damaged, or its numbers are too large for the "
                            "dtype that is computed in"));
      }
      line["logprobs"].push_back(next[i]);
      sum += next[i];
    }
    next += document.ids.size();
    line["ids"] = document.ids;
    line["sum"] = sum;
    std::cout << line.dump() << '\n';
    total.log_probability += sum;
    total.tokens += static_cast<std::int64_t>(line["logprobs"].size());
  }
}

void check_document(const Document& document, const LanguageModel& model) {
  for (const TokenId id : document.ids) {
    if (id < model.vocab_size()) continue;
    throw DataError(cat(document.place, ": the tokenizer gives the id ", id,
                        ", but the model's vocabulary has ", model.vocab_size(),
                        " tokens: they don't belong together"));
  }
  const auto length = static_cast<std::int64_t>(document.ids.size());
  if (length <= model.max_seq_len()) return;
  throw DataError(cat(document.place, ": has ", length, " tokens, but the model reads at most ",
                      model.max_seq_len()));
}

std::optional<DType> wanted_dtype(const Arguments& arguments) {
  if (!arguments.has("--dtype")) return std::nullopt;
  return parse_dtype(arguments.text("--dtype"));
}

// The tokenizer beside the weights, or the card's.
std::unique_ptr<Tokenizer> tokenizer_of(const std::string& word, const fs::path& checkpoint,
                                        const CardStore& cards) {
  return load_tokenizer(is_card(word, cards) ? cards.tokenizer_of(word) : checkpoint);
}

int run(const Arguments& arguments) {
  const std::string& word = arguments.operands[0];
  if (arguments.has("--text") == arguments.has("--ids")) {
    throw ConfigError("score: give a file with --text or with --ids, one of the two");
  }
  const CardStore cards(CardStore::user_folders({}));
  const ModelFamilies families = ModelFamilies::standard();
  const PlannedModel planned = ModelHub(families, cards).find(word);
  const fs::path& checkpoint = *planned.weights;
  const LoadedModel loaded = load_values(planned.model, checkpoint, wanted_dtype(arguments));
  LanguageModel& model = *loaded.model;

  const auto documents =
      arguments.has("--ids")
          ? read_ids(arguments.text("--ids"), model.vocab_size())
          : read_texts(arguments.text("--text"), *tokenizer_of(word, checkpoint, cards));
  for (const Document& document : documents) check_document(document, model);

  const at::NoGradGuard no_gradients;
  Total total;
  std::size_t first = 0;
  while (first < documents.size()) {
    std::size_t tokens = documents[first].ids.size();
    std::size_t last = first + 1;
    while (last < documents.size() && tokens + documents[last].ids.size() <= kBatchTokens) {
      tokens += documents[last++].ids.size();
    }
    print_scores(std::span(documents).subspan(first, last - first), model, total);
    first = last;
  }
  if (total.tokens > 0) {
    std::cerr << "perplexity " << std::setprecision(6)
              << std::exp(-total.log_probability / static_cast<double>(total.tokens)) << " over "
              << total.tokens << " tokens\n";
  } else {
    std::cerr << "nothing to score: no document has a second token\n";
  }
  return 0;
}

const Tool& score() {
  static const Tool tool{
      "score",
      "tells how likely a checkpoint finds a text, token by token",
      "",
      {{.operands = {"PATH"},
        .options = {{.name = "--text",
                     .value = "FILE",
                     .help =
                         "a text; of a .jsonl file each line's \"text\"; - is the standard input"},
                    {.name = "--ids", .value = "FILE", .help = "a JSON list of token ids a line"},
                    {.name = "--dtype",
                     .value = "DTYPE",
                     .help = "what is computed in; the checkpoint's, if it is left out",
                     .choices = {"float32", "bfloat16", "float16", "float64"}}},
        .details =
            "PATH is a Hugging Face folder, hf://ORGANISATION/NAME in the local cache, or a model "
            "card.\n"
            "For each text a JSON object is printed: \"logprobs\" (one for every token but the "
            "first),\n"
            "their sum and the ids. The perplexity of all goes to the standard error.\n",
        .run = run}}};
  return tool;
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  return roux::tool::tool_main(roux::tool::score(), argc, argv);
}
