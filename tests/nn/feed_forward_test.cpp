#include "roux/nn/feed_forward.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/small_modules.h"
#include "roux/base/error.h"

namespace roux::nn {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kExperts = 4;

struct Mixture {
  Mixture() {
    flat.materialise(at::kCPU);
    flat.initialise(RandomStream(1, "model"));
  }

  at::Tensor parameter(const std::string& name) { return module.named_parameters()[name]; }

  MixtureOfExperts module{{.experts = kExperts, .top_k = 1, .normalise_weights = false},
                          {.dim = 6, .inner_dim = 5, .init_deviation = 0.5}};
  FlatParameters flat{module};
};

TEST(MixtureOfExperts, HasASlotForEachMultiply) {
  const Mixture mixture;

  EXPECT_THAT(names_of(mixture.module), ElementsAre("router.weight", "gate_proj.weight",
                                                    "up_proj.weight", "down_proj.weight"));
  EXPECT_EQ(slots_of<Projection>(mixture.module).size(), 1U);
  EXPECT_EQ(slots_of<ExpertProjection>(mixture.module).size(), 3U);
}

TEST(MixtureOfExperts, GivesEachTokenItsExpertsAnswerTimesItsProbability) {
  Mixture mixture;
  const at::Tensor x = at::randn({9, 6});

  const BlockOutput output = mixture.module.forward(x);

  for (std::int64_t token = 0; token < x.size(0); ++token) {
    const at::Tensor probabilities =
        at::softmax(at::matmul(mixture.parameter("router.weight"), x[token]), -1);
    const auto expert = probabilities.argmax().item<std::int64_t>();
    const auto multiplied = [&](const char* name, const at::Tensor& row) {
      return at::matmul(mixture.parameter(name)[expert], row);
    };
    const at::Tensor inner =
        at::silu(multiplied("gate_proj.weight", x[token])) * multiplied("up_proj.weight", x[token]);
    EXPECT_TRUE(at::allclose(output.hidden[token],
                             multiplied("down_proj.weight", inner) * probabilities[expert], 1e-4,
                             1e-6))
        << "token " << token;
  }
}

TEST(MixtureOfExperts, LeavesExpertsWithoutTokensAlone) {
  Mixture mixture;
  mixture.flat.allocate_gradients();
  {
    const at::NoGradGuard no_gradients;
    mixture.parameter("router.weight").zero_()[2].fill_(1.0);  // all go to expert 2
  }

  mixture.module.forward(at::full({3, 6}, 1.0)).hidden.sum().backward();

  for (const char* name : {"gate_proj.weight", "up_proj.weight", "down_proj.weight"}) {
    const at::Tensor gradient = mixture.parameter(name).grad();
    for (std::int64_t expert = 0; expert < kExperts; ++expert) {
      EXPECT_EQ(gradient[expert].abs().sum().item<float>() > 0.0F, expert == 2)
          << name << " of expert " << expert;
    }
  }
}

TEST(MixtureOfExperts, TakesNoTokenAtAll) {
  Mixture mixture;

  const BlockOutput output = mixture.module.forward(at::full({0, 6}, 1.0));

  EXPECT_THAT(output.hidden.sizes(), ElementsAre(0, 6));
  EXPECT_THAT(output.router_logits.sizes(), ElementsAre(0, kExperts));
}

// What swaps a part for one of other arithmetic (quantised, split over ranks) reads it first.
TEST(MixtureOfExperts, ShowsTheWeightsOfItsExperts) {
  Mixture mixture;

  for (const auto& place : slots_of<ExpertProjection>(mixture.module)) {
    const auto weight = place.slot->get()->dense();
    ASSERT_TRUE(weight.has_value()) << place.name;
    EXPECT_TRUE(weight->is_same(mixture.parameter(place.name + ".weight"))) << place.name;
    EXPECT_THAT(weight->sizes(),
                ElementsAre(place.slot->get()->experts(), place.slot->get()->out_features(),
                            place.slot->get()->in_features()));
  }
}

TEST(MixtureOfExperts, RefusesExpertsThatItCannotRun) {
  const MixtureOptions options{.experts = 2, .top_k = 1};

  EXPECT_THROW(MixtureOfExperts(options, {.dim = 2, .inner_dim = 2, .gated = false}),
               InternalError);
  EXPECT_THROW(MixtureOfExperts(options, {.dim = 2, .inner_dim = 2, .bias = true}), InternalError);
}

}  // namespace
}  // namespace roux::nn
