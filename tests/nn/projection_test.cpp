#include "roux/nn/projection.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/small_modules.h"
#include "roux/base/error.h"
#include "roux/nn/embedding.h"
#include "roux/nn/flat_parameters.h"

namespace roux::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Owner final : public Module {
 public:
  Owner() : slot(*this, "q_proj", std::make_shared<Linear>(3, 2, /*bias=*/true)) {}

  ProjectionSlot slot;
};

// One that keeps what it replaces, as LoRA does.
class Doubled final : public Projection {
 public:
  explicit Doubled(std::shared_ptr<Projection> base)
      : base_(register_module("base", std::move(base))) {}

  at::Tensor forward(const at::Tensor& x) override { return base_->forward(x) * 2; }
  std::int64_t in_features() const override { return base_->in_features(); }
  std::int64_t out_features() const override { return base_->out_features(); }

 private:
  std::shared_ptr<Projection> base_;
};

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

// replace_module() leaves forward() with the old one, which then trains while the new one is saved.
TEST(ProjectionSlot, RunsAndListsWhatWasPutThere) {
  Owner owner;
  const auto before = owner.slot.replace(std::make_shared<Linear>(3, 2, /*bias=*/false));
  FlatParameters flat(owner);
  flat.materialise(at::kCPU);
  flat.groups()[0].values.fill_(1.0);

  EXPECT_THAT(names_of(owner), ElementsAre("q_proj.weight"));
  EXPECT_EQ(owner.slot(at::full({1, 3}, 2.0))[0][0].item<float>(), 6.0F);
  EXPECT_EQ(before->out_features(), 2);
}

TEST(ProjectionSlot, LetsTheNewOneKeepTheOld) {
  Owner owner;
  owner.slot.replace(std::make_shared<Doubled>(owner.slot.get()));
  FlatParameters flat(owner);
  flat.materialise(at::kCPU);
  flat.groups()[0].values.fill_(1.0);

  EXPECT_THAT(names_of(owner), ElementsAre("q_proj.base.weight", "q_proj.base.bias"));
  EXPECT_EQ(owner.slot(at::full({1, 3}, 2.0))[0][0].item<float>(), 14.0F);
}

TEST(ProjectionSlot, RefusesAnotherShape) {
  Owner owner;

  EXPECT_THAT([&] { owner.slot.replace(std::make_shared<Linear>(3, 4, false)); },
              ThrowsMessage<InternalError>(HasSubstr("q_proj is 3 x 2")));
}

TEST(ProjectionSlots, AreFoundByTheirPaths) {
  class Outer final : public Module {
   public:
    Outer() { child(inner, "inner"); }
    std::shared_ptr<Owner> inner;
  };
  const Outer outer;

  const auto places = projection_slots(outer);

  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].name, "inner.q_proj");
  EXPECT_EQ(places[0].slot, &outer.inner->slot);
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
