#include "roux/nn/projection.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/small_modules.h"
#include "roux/nn/embedding.h"
#include "roux/nn/flat_parameters.h"

namespace roux::nn {
namespace {

using ::testing::ElementsAre;

TEST(Linear, MultipliesAndAdds) {
  Linear linear(3, 2, /*bias=*/true);
  FlatParameters flat(linear);
  flat.materialise(at::kCPU);
  flat.initialise(RandomStream(1, "model"));
  const at::Tensor x = at::randn({4, 3});

  const auto dense = linear.dense();

  ASSERT_TRUE(dense.has_value());
  EXPECT_TRUE(at::allclose(linear.forward(x), at::matmul(x, dense->weight.t()) + dense->bias));
}

TEST(TiedProjection, HasNoParameterAndAddsToTheEmbeddingsGradient) {
  class Tied final : public Module {
   public:
    Tied()
        : embedding(register_module("embedding", std::make_shared<Embedding>(4, 2))),
          head(*this, "head", std::make_shared<TiedProjection>(embedding)) {}
    std::shared_ptr<Embedding> embedding;
    ProjectionSlot head;
  };
  Tied tied;
  EXPECT_THAT(names_of(tied), ElementsAre("embedding.weight"));
  FlatParameters flat(tied);
  flat.materialise(at::kCPU);
  flat.groups()[0].values.fill_(1.0);
  flat.allocate_gradients();

  const at::Tensor ids = at::full({1}, 3, at::TensorOptions(at::kLong));
  tied.head(tied.embedding->forward(ids)).sum().backward();

  // Row 3: once as the hidden state's own (4 columns of ones), once as a row of the head.
  EXPECT_EQ(tied.embedding->weight().grad()[3][0].item<float>(), 5.0F);
  EXPECT_EQ(tied.embedding->weight().grad()[0][0].item<float>(), 1.0F);
}

}  // namespace
}  // namespace roux::nn
