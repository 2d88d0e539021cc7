#pragma once

#include <memory>

#include "roux/nn/projection.h"

namespace roux::nn {

class Embedding final : public Module {
 public:
  Embedding(std::int64_t count, std::int64_t dim, Init init = Init::normal(0.02));

  // ids: [tokens] -> [tokens, dim].
  at::Tensor forward(const at::Tensor& ids);

  const at::Tensor& weight() const { return weight_; }

 private:
  at::Tensor weight_;  // [count, dim]
};

// The output projection of a model whose embedding serves at both ends. It has no parameter of its
// own: the embedding's is declared, trained and saved once.
class TiedProjection final : public Projection {
 public:
  explicit TiedProjection(std::shared_ptr<Embedding> embedding)
      : embedding_(std::move(embedding)) {}

  at::Tensor forward(const at::Tensor& x) override;
  std::int64_t in_features() const override { return embedding_->weight().size(1); }
  std::int64_t out_features() const override { return embedding_->weight().size(0); }
  std::optional<DenseWeights> dense() const override {
    return DenseWeights{embedding_->weight(), {}};
  }

 private:
  std::shared_ptr<Embedding> embedding_;
};

}  // namespace roux::nn
