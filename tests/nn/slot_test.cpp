#include "roux/nn/slot.h"

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/small_modules.h"
#include "roux/base/error.h"
#include "roux/nn/expert_projection.h"
#include "roux/nn/projection.h"

namespace roux::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Owner final : public Module {
 public:
  Owner()
      : slot(*this, "q_proj", std::make_shared<Linear>(3, 2, /*bias=*/true)),
        experts(*this, "gate_proj", std::make_shared<StackedLinear>(4, 3, 2)) {}

  ProjectionSlot slot;
  ExpertSlot experts;
};

// Two that keep what they replace, as LoRA does.
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

class DoubledExperts final : public ExpertProjection {
 public:
  explicit DoubledExperts(std::shared_ptr<ExpertProjection> base)
      : base_(register_module("base", std::move(base))) {}

  at::Tensor forward(const at::Tensor& rows, const std::vector<std::int64_t>& offsets) override {
    return base_->forward(rows, offsets) * 2;
  }
  std::int64_t experts() const override { return base_->experts(); }
  std::int64_t in_features() const override { return base_->in_features(); }
  std::int64_t out_features() const override { return base_->out_features(); }

 private:
  std::shared_ptr<ExpertProjection> base_;
};

// Memory for what stands there now: every parameter is 1.
void fill_with_ones(Module& module) {
  FlatParameters flat(module);
  flat.materialise(at::kCPU);
  for (const FlatGroup& group : flat.groups()) group.values.fill_(1.0);
}

const std::vector<std::int64_t> kOneRowForTheLast = {0, 0, 0, 0, 1};

// replace_module() leaves forward() with the old one, which then trains while the new one is saved.
TEST(Slot, RunsAndListsWhatWasPutThere) {
  Owner owner;

  const auto before = owner.slot.replace(std::make_shared<Linear>(3, 2, /*bias=*/false));
  fill_with_ones(owner);

  EXPECT_THAT(names_of(owner), ElementsAre("q_proj.weight", "gate_proj.weight"));
  EXPECT_EQ(owner.slot(at::full({1, 3}, 2.0))[0][0].item<float>(), 6.0F);
  EXPECT_EQ(before->out_features(), 2);
}

TEST(Slot, LetsTheNewOneKeepTheOld) {
  Owner owner;

  owner.slot.replace(std::make_shared<Doubled>(owner.slot.get()));
  fill_with_ones(owner);

  EXPECT_THAT(names_of(owner),
              ElementsAre("q_proj.base.weight", "q_proj.base.bias", "gate_proj.weight"));
  EXPECT_EQ(owner.slot(at::full({1, 3}, 2.0))[0][0].item<float>(), 14.0F);
}

TEST(Slot, RunsAndListsTheExpertsThatWerePutThere) {
  Owner owner;

  owner.experts.replace(std::make_shared<DoubledExperts>(owner.experts.get()));
  fill_with_ones(owner);

  EXPECT_THAT(names_of(owner),
              ElementsAre("q_proj.weight", "q_proj.bias", "gate_proj.base.weight"));
  EXPECT_EQ(owner.experts(at::full({1, 3}, 2.0), kOneRowForTheLast)[0][0].item<float>(), 12.0F);
}

TEST(Slot, TrainsWhatStandsThere) {
  Owner owner;
  owner.experts.replace(std::make_shared<DoubledExperts>(owner.experts.get()));
  FlatParameters flat(owner);
  flat.materialise(at::kCPU);
  flat.allocate_gradients();

  owner.experts(at::full({1, 3}, 2.0), kOneRowForTheLast).sum().backward();

  const at::Tensor gradient = owner.named_parameters()["gate_proj.base.weight"].grad();
  EXPECT_EQ(gradient[3][0][0].item<float>(), 4.0F);
  EXPECT_EQ(flat.groups()[0].gradients.sum().item<float>(), 24.0F);  // 2 x 3 of them, no more
}

TEST(Slot, RefusesAnotherShape) {
  Owner owner;

  EXPECT_THAT(
      [&] { owner.slot.replace(std::make_shared<Linear>(3, 4, false)); },
      ThrowsMessage<InternalError>(HasSubstr("q_proj is 3 x 2, and what replaces it is 3 x 4")));
  EXPECT_THAT([&] { owner.experts.replace(std::make_shared<StackedLinear>(5, 3, 2)); },
              ThrowsMessage<InternalError>(
                  HasSubstr("gate_proj is 4 experts of 3 x 2, and what replaces it is 5 experts")));
  EXPECT_THAT([&] { owner.slot.replace(nullptr); },
              ThrowsMessage<InternalError>(HasSubstr("what replaces it is nothing")));
  EXPECT_THAT(names_of(owner), ElementsAre("q_proj.weight", "q_proj.bias", "gate_proj.weight"));
}

class Outer final : public Module {
 public:
  Outer() {
    child(inner, "inner");
    register_module("again", inner);
  }
  std::shared_ptr<Owner> inner;
};

TEST(SlotPlaces, AreThePathsInTheOrderOfRegistrationEachOnce) {
  const Outer outer;

  const auto places = slot_places(outer);

  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].name, "inner.q_proj");
  EXPECT_EQ(places[0].slot, &outer.inner->slot);
  EXPECT_EQ(places[1].name, "inner.gate_proj");
  EXPECT_EQ(places[1].slot, &outer.inner->experts);
}

TEST(SlotPlaces, CanBeAskedForByKind) {
  const Outer outer;

  const auto projections = slots_of<Projection>(outer);
  const auto experts = slots_of<ExpertProjection>(outer);

  ASSERT_EQ(projections.size(), 1U);
  EXPECT_EQ(projections[0].slot, &outer.inner->slot);
  ASSERT_EQ(experts.size(), 1U);
  EXPECT_EQ(experts[0].name, "inner.gate_proj");
  EXPECT_EQ(experts[0].slot, &outer.inner->experts);
}

}  // namespace
}  // namespace roux::nn
