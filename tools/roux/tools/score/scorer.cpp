#include "scorer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "roux/base/error.h"

namespace roux::tool {
namespace {

// Documents are run together up to so many tokens.
constexpr std::size_t kBatchTokens = 4096;

// The tokens of `documents`, packed.
nn::TokenBatch batch_of(const std::vector<Document>& documents) {
  std::vector<std::int64_t> bounds{0};
  std::vector<std::int64_t> ids;
  for (const Document& document : documents) {
    ids.insert(ids.end(), document.ids.begin(), document.ids.end());
    bounds.push_back(static_cast<std::int64_t>(ids.size()));
  }
  return nn::TokenBatch::packed(at::tensor(ids, at::TensorOptions(at::kLong)), bounds);
}

}  // namespace

void Scorer::add(Document document) {
  for (const TokenId id : document.ids) {
    if (id < model_.vocab_size()) continue;
    throw DataError(cat(document.place, ": the tokenizer gives the id ", id,
                        ", but the model's vocabulary has ", model_.vocab_size(),
                        " tokens: they don't belong together"));
  }
  const std::size_t size = document.ids.size();
  if (waiting_tokens_ + size > kBatchTokens) flush();
  if (static_cast<std::int64_t>(size) > windows_.size) {
    flush();
    score_long(document);
    return;
  }
  waiting_tokens_ += size;
  waiting_.push_back(std::move(document));
}

void Scorer::flush() {
  const auto documents = std::exchange(waiting_, {});
  if (documents.empty()) return;
  waiting_tokens_ = 0;
  const std::vector<double> all = score(documents);
  auto next = all.begin();
  for (const Document& document : documents) {
    const auto size = static_cast<std::ptrdiff_t>(document.ids.size());
    print(document, {next, next + std::max<std::ptrdiff_t>(size - 1, 0)});
    next += size;
  }
  std::cout.flush();
  if (!std::cout) throw Error("cannot write to the standard output");
}

void Scorer::print_total() const {
  if (tokens_ == 0) {
    std::cerr << "nothing to score: no document has a second token\n";
    return;
  }
  std::cerr << "perplexity " << std::setprecision(6)
            << std::exp(-log_probability_ / static_cast<double>(tokens_)) << " over " << tokens_
            << " tokens\n";
}

// One number for every token: how likely the next one is; the last of a document has none, and 0.
std::vector<double> Scorer::score(const std::vector<Document>& documents) {
  const nn::TokenBatch batch = batch_of(documents);
  if (batch.tokens() == 0) return {};
  const at::NoGradGuard no_gradients;
  const at::Tensor scores =
      model_.log_probabilities(batch, next_token_targets(batch)).to(at::kDouble).contiguous();
  const double* first = scores.const_data_ptr<double>();
  return {first, first + scores.numel()};
}

void Scorer::score_long(const Document& document) {
  const auto size = static_cast<std::int64_t>(document.ids.size());
  if (!std::exchange(has_said_windows_, true)) {
    std::cerr << "roux: " << document.place << ": " << size << " tokens are scored in windows of "
              << windows_.size << ", each token behind at least " << windows_.size - windows_.stride
              << " others (--window, --stride)\n";
  }
  std::vector<double> scores;
  for (std::int64_t begin = 0; static_cast<std::int64_t>(scores.size()) < size - 1;
       begin += windows_.stride) {
    const std::int64_t end = std::min(begin + windows_.size, size);
    const auto ids = document.ids.begin();
    const std::vector<double> window = score({{{ids + begin, ids + end}, document.place}});
    // Of its tokens but the first, those that have no score yet.
    const auto known = static_cast<std::int64_t>(scores.size()) - begin;
    scores.insert(scores.end(), window.begin() + known, window.end() - 1);
  }
  print(document, scores);
  std::cout.flush();
}

void Scorer::print(const Document& document, const std::vector<double>& scores) {
  double sum = 0.0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isfinite(scores[i])) {
      throw DataError(cat(document.place, ": the log-probability of token ", i + 1, " is ",
                          std::isnan(scores[i]) ? std::abs(scores[i]) : scores[i],  // no "-nan"
                          ": the checkpoint is damaged, or its numbers are too large for the dtype "
                          "that is computed in"));
    }
    sum += scores[i];
  }
  const nlohmann::ordered_json line = {{"logprobs", scores}, {"ids", document.ids}, {"sum", sum}};
  std::cout << line.dump() << '\n';
  log_probability_ += sum;
  tokens_ += static_cast<std::int64_t>(scores.size());
}

}  // namespace roux::tool
