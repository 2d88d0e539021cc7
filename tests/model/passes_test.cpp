// What is added to a model's passes and changes no number of them.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/model/model_family.h"
#include "roux/nn/activation_checkpointing.h"
#include "roux/nn/finite_checks.h"
#include "roux/nn/flat_parameters.h"
#include "support/counted_memory.h"
#include "support/tensors.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::int64_t kVocabulary = 64;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A model of some family, in small, with its gradients.
struct Small {
  explicit Small(const std::string& family, bool frozen_embedding = false)
      : model(ModelFamilies::standard().get(family).create("", {settings(family)})) {
    if (frozen_embedding) model->parameters()[0].set_requires_grad(false);
    flat = std::make_unique<nn::FlatParameters>(*model);
    flat->materialise(at::kCPU);
    flat->initialise(RandomStream(1, "model"));
    flat->allocate_gradients();
  }

  static config::RawTable settings(const std::string& family) {
    config::RawTable settings;
    const auto set = [](config::Table& table, const char* key, std::int64_t value) {
      table.set(key, config::Value(value, config::Place()));
    };
    auto& table = *settings.value.as<config::Table>();
    set(table, "vocab_size", kVocabulary);
    set(table, "model_dim", 32);
    set(table, "max_seq_len", 1024);
    set(table, "num_layers", 4);
    set(table, "num_attn_heads", 4);
    set(table, "num_key_value_heads", family == "gpt2" ? 4 : 2);
    set(table, "ffn_inner_dim", 48);
    if (family == "mixtral") {
      config::Table experts;
      set(experts, "num_experts", 4);
      set(experts, "ffn_inner_dim", 48);
      table.set("experts", config::Value(std::move(experts), config::Place()));
    }
    return settings;
  }

  // Two texts, and what follows each of their tokens.
  at::Tensor loss(std::int64_t step, std::int64_t tokens = 40,
                  HeadGradient head = HeadGradient::WithLoss) {
    const std::array<std::int64_t, 3> ends = {0, tokens / 3, tokens};
    const at::Tensor ids = (at::arange(tokens) * (step + 7) + step) % kVocabulary;
    const auto batch = nn::TokenBatch::packed(ids, ends);
    const LanguageModelLoss loss = model->loss(batch, next_token_targets(batch), {}, head);
    return loss.auxiliary.defined() ? loss.sum + loss.auxiliary * 10.0 : loss.sum;
  }

  void set(const std::string& name, float value) {
    const at::NoGradGuard no_gradients;
    flat->find(name)->place.value.fill_(value);
  }

  std::shared_ptr<LanguageModel> model;
  std::unique_ptr<nn::FlatParameters> flat;
};

// Losses and gradients of two micro-batches.
void expect_the_same(Small& actual, Small& expected) {
  for (const std::int64_t step : {1, 2}) {
    const at::Tensor ours = actual.loss(step);
    const at::Tensor theirs = expected.loss(step);
    ours.backward();
    theirs.backward();
    EXPECT_TRUE(is_same(ours, theirs));
  }
  for (const nn::FlatGroup& group : expected.flat->groups()) {
    for (const nn::FlatEntry& entry : group.entries) {
      const at::Tensor& wanted = entry.place.value.grad();
      EXPECT_TRUE(is_same(actual.flat->find(entry.name)->place.value.grad(), wanted)) << entry.name;
      if (!group.trainable) continue;
      EXPECT_GT(wanted.abs().sum().item<float>(), 0.0F) << entry.name;
    }
  }
}

class Passes : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(All, Passes, ::testing::Values("llama", "mixtral", "gpt2", "qwen3"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(Passes, AreTheSameToTheBitWithActivationCheckpointing) {
  for (const bool frozen_embedding : {false, true}) {
    for (const std::int64_t every_nth : {1, 2}) {
      Small plain(GetParam(), frozen_embedding);
      Small checkpointed(GetParam(), frozen_embedding);
      nn::checkpoint_blocks(checkpointed.model->blocks(), every_nth);

      expect_the_same(checkpointed, plain);
    }
  }
}

TEST_P(Passes, HoldLessWithActivationCheckpointing) {
  const auto peak = [](bool checkpointed) {
    Small small(GetParam());
    if (checkpointed) nn::checkpoint_blocks(small.model->blocks());
    const CountedMemory memory;
    small.loss(1, 1024).backward();
    return static_cast<double>(memory.peak());
  };

  EXPECT_LT(peak(true), 0.65 * peak(false));
}

std::shared_ptr<std::pmr::memory_resource> plain_memory() {
  return {std::pmr::new_delete_resource(), [](std::pmr::memory_resource*) {}};
}

TEST_P(Passes, AreTheSameToTheBitWithSelectiveCheckpointingAndOffloading) {
  const auto selectively = [](Small& small) { nn::checkpoint_selectively(small.model->blocks()); };
  const auto every_second = [](Small& small) {
    nn::checkpoint_selectively(small.model->blocks(), 2);
  };
  const auto offload = [](Small& small) {
    nn::offload_activations(small.model->blocks(), plain_memory());
  };
  const auto both = [&](Small& small) {
    selectively(small);
    offload(small);
  };
  const auto offload_inputs = [&](Small& small) {
    nn::checkpoint_blocks(small.model->blocks());
    offload(small);
  };
  const std::vector<std::function<void(Small&)>> ways = {selectively, every_second, offload, both,
                                                         offload_inputs};
  for (const bool frozen_embedding : {false, true}) {
    for (const auto& way : ways) {
      Small plain(GetParam(), frozen_embedding);
      Small other(GetParam(), frozen_embedding);
      way(other);

      expect_the_same(other, plain);
    }
  }
}

// Of what lies between the passes.
TEST_P(Passes, KeepLessWithSelectiveCheckpointing) {
  const auto held = [](bool selective) {
    Small small(GetParam());
    if (selective) nn::checkpoint_selectively(small.model->blocks());
    const CountedMemory memory;
    const at::Tensor loss = small.loss(1, 1024);
    return static_cast<double>(memory.held());
  };

  EXPECT_LT(held(true), 0.82 * held(false));
}

TEST_P(Passes, AreTheSameToTheBitWithFiniteChecks) {
  for (const int checkpointed : {0, 1, 2}) {
    Small plain(GetParam());
    Small checked(GetParam());
    if (checkpointed == 1) nn::checkpoint_blocks(checked.model->blocks());
    if (checkpointed == 2) nn::checkpoint_selectively(checked.model->blocks());
    checked.model->check_finite(nn::FiniteChecks(nn::FiniteChecks::Scope::ForwardAndBackward));

    expect_the_same(checked, plain);
  }
}

TEST_P(Passes, NameTheModuleThatGivesNan) {
  const std::map<std::string, std::string> parameters = {
      {"embed_tokens.weight", "embed_tokens"},
      {"layers.2.self_attn.v_proj.weight", "layers.2"},
      {"norm.weight", "norm"},
  };
  for (const auto& [parameter, module] : parameters) {
    Small small(GetParam());
    small.model->check_finite(nn::FiniteChecks(nn::FiniteChecks::Scope::Forward));
    small.set(parameter, kNan);

    EXPECT_THAT(
        [&] { small.loss(1); },
        ThrowsMessage<Error>(AllOf(HasSubstr("the forward pass of " + module + " gives NaN"),
                                   HasSubstr("its parameter " + parameter))));
  }
}

TEST(FiniteChecksOfAModel, NameTheHead) {
  Small small("llama");
  small.model->check_finite(nn::FiniteChecks(nn::FiniteChecks::Scope::Forward));
  small.set("lm_head.weight", kNan);

  EXPECT_THAT([&] { small.loss(1); },
              ThrowsMessage<Error>(AllOf(HasSubstr("of lm_head with the loss gives NaN"),
                                         HasSubstr("its parameter lm_head.weight has NaN"))));
}

TEST(FiniteChecksOfAModel, NameATiedHeadByItsParameter) {
  Small small("gpt2");
  small.model->check_finite(nn::FiniteChecks(nn::FiniteChecks::Scope::Forward));
  const at::NoGradGuard no_gradients;
  // Of a token that no text has, so that it is met as a logit alone.
  small.flat->find("embed_tokens.weight")->place.value[0].fill_(kNan);

  EXPECT_THAT(
      [&] { small.loss(1); },
      ThrowsMessage<Error>(AllOf(HasSubstr("of embed_tokens as lm_head with the loss gives NaN"),
                                 HasSubstr("its parameter embed_tokens.weight has NaN in 32 of"))));
}

TEST(FiniteChecksOfAModel, NameTheHeadWhoseGradientOverflows) {
  Small small("llama");
  small.model->check_finite(nn::FiniteChecks(nn::FiniteChecks::Scope::ForwardAndBackward));
  const at::Tensor loss = small.loss(1, 40, HeadGradient::InBackward);

  EXPECT_THAT([&] { (loss * std::numeric_limits<float>::infinity()).backward(); },
              ThrowsMessage<Error>(HasSubstr("the backward pass of lm_head with the loss gives")));
}

}  // namespace
}  // namespace roux
