#include "recipe/assembled_model.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "roux/base/error.h"
#include "roux/modifier/freeze.h"
#include "support/counted_memory.h"
#include "support/tensors.h"

namespace roux {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Assembled {
  explicit Assembled(const TrainerConfig& trainer, std::vector<Modifier*> modifiers = {})
      : families(ModelFamilies::standard()),
        model(assemble_model(
            find_model({.family = "llama", .arch = "llama3_2_1b", .config_overrides = small()},
                       ModelHub(families, cards)),
            trainer, modifiers, RandomStream(1, "seed"))) {
    model.parameters->allocate_gradients();
  }

  static config::RawTable small() {
    config::RawTable settings;
    for (const auto& [key, value] :
         {std::pair("vocab_size", 64), std::pair("model_dim", 32), std::pair("num_layers", 4),
          std::pair("num_attn_heads", 4), std::pair("num_key_value_heads", 2),
          std::pair("ffn_inner_dim", 64)}) {
      settings.value.as<config::Table>()->set(
          key, config::Value(static_cast<std::int64_t>(value), config::Place()));
    }
    return settings;
  }

  at::Tensor loss(std::int64_t tokens) {
    const auto batch = nn::TokenBatch::single(at::arange(tokens) % 64);
    return model.model->loss(batch, next_token_targets(batch)).sum;
  }

  void spoil(const std::string& name) {
    const at::NoGradGuard no_gradients;
    model.parameters->find(name)->place.value.fill_(std::numeric_limits<float>::quiet_NaN());
  }

  ModelFamilies families;
  CardStore cards;
  AssembledModel model;
};

double peak(const ActivationCheckpointingConfig& config) {
  Assembled assembled({.activation_checkpointing = config});
  const CountedMemory memory;
  assembled.loss(1024).backward();
  return static_cast<double>(memory.peak());
}

TEST(AssembledModel, HoldsAsMuchAsActivationCheckpointingSays) {
  const double all = peak({});
  const double second = peak({ActivationCheckpointingMode::Layerwise, 2});
  const double every = peak({ActivationCheckpointingMode::Layerwise, 1});

  EXPECT_LT(second, 0.85 * all);
  EXPECT_LT(every, 0.85 * second);
}

TEST(AssembledModel, HoldsLessWithSelectiveActivationCheckpointing) {
  const double all = peak({});
  const double second = peak({ActivationCheckpointingMode::Selective, 2});
  const double every = peak({ActivationCheckpointingMode::Selective, 1});

  EXPECT_LT(second, 0.95 * all);
  EXPECT_LT(every, 0.95 * second);
}

TEST(AssembledModel, TrainsTheSameToTheBitWhateverIsKept) {
  const auto gradients = [](const ActivationCheckpointingConfig& config, DType dtype) {
    Assembled assembled({.mixed_precision = {MixedPrecisionMode::Static, dtype},
                         .activation_checkpointing = config});
    // Two micro-batches, and a validation between them.
    assembled.loss(100).backward();
    {
      const at::NoGradGuard no_gradients;
      assembled.loss(50);
    }
    assembled.loss(70).backward();
    std::vector<at::Tensor> all;
    for (const nn::FlatGroup& group : assembled.model.parameters->groups()) {
      all.push_back(group.gradients);
    }
    return all;
  };
  for (const DType dtype : {DType::Float32, DType::BFloat16}) {
    const auto expected = gradients({}, dtype);
    for (const auto mode :
         {ActivationCheckpointingMode::Layerwise, ActivationCheckpointingMode::Selective}) {
      const auto actual = gradients({mode, 1}, dtype);

      ASSERT_EQ(actual.size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(is_same(actual[i], expected[i])) << to_string(dtype) << " " << i;
      }
    }
  }
}

TEST(AssembledModel, SaysWhereActivationsCannotBeOffloaded) {
  EXPECT_THAT(
      [] { Assembled({.activation_checkpointing = {.offload = ActivationOffload::Plain}}); },
      ThrowsMessage<ConfigError>(HasSubstr(
          "trainer.activation_checkpointing.offload must be \"off\" for a model on the CPU, whose "
          "activations are in the host's memory anyway, but is \"plain\"")));
}

TEST(AssembledModel, SaysWhatCannotBeCheckpointedSelectively) {
  const TrainerConfig trainer{
      .mixed_precision = {MixedPrecisionMode::Static, DType::Float16},
      .activation_checkpointing = {ActivationCheckpointingMode::Selective, 1}};

  EXPECT_THAT([&] { Assembled{trainer}; },
              ThrowsMessage<ConfigError>(HasSubstr(
                  "trainer.activation_checkpointing.mode can't be \"selective\" for a model that "
                  "computes in float16")));
}

TEST(AssembledModel, NamesTheModuleThatGivesNanWhereAnomaliesAreDetected) {
  Assembled watched({.anomaly_detection = true});
  Assembled plain(TrainerConfig{});
  for (Assembled* each : {&watched, &plain}) each->spoil("layers.2.mlp.up_proj.weight");

  EXPECT_THAT([&] { watched.loss(16); },
              ThrowsMessage<Error>(HasSubstr("the forward pass of layers.2 gives NaN")));
  EXPECT_NO_THROW(plain.loss(16));
}

// An infinite gradient is how the loss scale of float16 learns that it is too large.
TEST(AssembledModel, LetsGradientsOfFloat16Overflow) {
  const auto overflowing = [](DType dtype) {
    TrainerConfig trainer{.mixed_precision = {MixedPrecisionMode::Static, dtype},
                          .anomaly_detection = true};
    Assembled assembled(trainer);
    (assembled.loss(16) * std::numeric_limits<float>::infinity()).backward();
  };

  EXPECT_NO_THROW(overflowing(DType::Float16));
  EXPECT_THAT([&] { overflowing(DType::BFloat16); },
              ThrowsMessage<Error>(HasSubstr("as lm_head with the loss gives")));
}

TEST(AssembledModel, TrainsBlocksAboveAFrozenEmbeddingWithCheckpointing) {
  const auto freeze = make_freeze({{"embed_tokens"}});
  Assembled assembled({.activation_checkpointing = {ActivationCheckpointingMode::Layerwise, 1}},
                      {freeze.get()});

  assembled.loss(16).backward();

  for (const nn::FlatGroup& group : assembled.model.parameters->groups()) {
    if (!group.trainable) continue;
    EXPECT_GT(group.gradients.abs().sum().item<float>(), 0.0F) << group.block;
  }
}

}  // namespace
}  // namespace roux
