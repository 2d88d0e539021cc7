#include "roux/model/huggingface.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/model/model_hub.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/model/safetensors_writer.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const fs::path kCases = ROUX_PARITY_FIXTURES;

// A copy of a case whose config.json is changed.
void copy_case(const std::string& name, const fs::path& to,
               const std::function<void(nlohmann::json&)>& change) {
  auto config = nlohmann::json::parse(read_file(kCases / name / "config.json"));
  change(config);
  write_file(to / "config.json", config.dump());
  for (const auto& entry : fs::directory_iterator(kCases / name)) {
    if (entry.path().filename().string().starts_with("model")) {
      fs::copy(entry.path(), to / entry.path().filename());
    }
  }
}

TEST(HuggingFace, NamesAModelTypeThatNoFamilyReads) {
  const TemporaryFolder folder;
  copy_case("llama3", folder.path(), [](auto& config) { config["model_type"] = "lama"; });

  EXPECT_THAT([&] { load_huggingface(folder.path()); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("config.json"), HasSubstr("model_type"),
                                             HasSubstr("did you mean \"llama\""))));
}

TEST(HuggingFace, RefusesASettingThatIsNotUnderstood) {
  const TemporaryFolder folder;
  copy_case("llama3", folder.path(), [](auto& config) {
    config.erase("rope_parameters");
    config["rope_scaling"] = {{"rope_type", "dynamic"}, {"factor", 2.0}};
  });

  EXPECT_THAT([&] { load_huggingface(folder.path()); },
              ThrowsMessage<DataError>(
                  AllOf(HasSubstr("rope_scaling.rope_type"), HasSubstr("\"dynamic\""))));
}

TEST(HuggingFace, ListsWhatIsMissingSuperfluousAndMisshapen) {
  const TemporaryFolder folder;
  copy_case("llama3", folder.path(), [](auto& config) {
    config["num_hidden_layers"] = config["num_hidden_layers"].template get<int>() + 1;
    config["intermediate_size"] = config["intermediate_size"].template get<int>() + 8;
  });
  EXPECT_THAT(
      [&] { load_huggingface(folder.path()); },
      ThrowsMessage<DataError>(AllOf(HasSubstr("missing:"), HasSubstr("input_layernorm"),
                                     HasSubstr("of another shape:"), HasSubstr("and must be"))));

  const TemporaryFolder shorter;
  copy_case("llama3", shorter.path(), [](auto& config) { config["num_hidden_layers"] = 1; });
  EXPECT_THAT([&] { load_huggingface(shorter.path()); },
              ThrowsMessage<DataError>(HasSubstr("that the model does not have:")));
}

TEST(HuggingFace, LoadsInTheDtypeOfTheCheckpointOrTheOneAskedFor) {
  const fs::path folder = kCases / "llama3";
  const auto dtype_of = [](const LoadedModel& loaded) {
    return nn::parameter_places(*loaded.model).front().value.scalar_type();
  };

  EXPECT_EQ(dtype_of(load_huggingface(folder, ModelFamilies::standard(), DType::BFloat16)),
            at::kBFloat16);
  EXPECT_EQ(dtype_of(load_huggingface(folder)),
            to_scalar_type(*SafetensorsReader(folder).tensors().front().dtype));
}

TEST(HuggingFace, SaysWhatCannotBeBuiltInsteadOfDividingByIt) {
  for (const char* key :
       {"num_attention_heads", "num_key_value_heads", "hidden_size", "head_dim"}) {
    const TemporaryFolder folder;
    copy_case("llama3", folder.path(), [&](auto& config) { config[key] = 0; });

    EXPECT_THAT([&] { load_huggingface(folder.path()); },
                ThrowsMessage<DataError>(HasSubstr("config.json describes no model")))
        << key;
  }
  const TemporaryFolder folder;
  copy_case("gemma3", folder.path(), [&](auto& config) { config["sliding_window_pattern"] = 0; });
  EXPECT_THAT([&] { load_huggingface(folder.path()); },
              ThrowsMessage<DataError>(HasSubstr("sliding_window_pattern: must be at least 1")));
}

TEST(HuggingFace, ComparesTensorsBeforeItAsksForTheirMemory) {
  const TemporaryFolder folder;
  copy_case("llama3", folder.path(), [&](auto& config) { config["vocab_size"] = 1'000'000'000; });

  EXPECT_THAT([&] { load_huggingface(folder.path()); },
              ThrowsMessage<DataError>(HasSubstr("of another shape:")));
}

// transformers reads it in Phi 3's alone.
TEST(HuggingFace, TurnsWholeHeadsWhateverALlamasConfigSays) {
  const TemporaryFolder folder;
  copy_case("llama2", folder.path(), [](auto& config) { config["partial_rotary_factor"] = 0.5; });

  EXPECT_EQ(load_huggingface(folder.path()).model->huggingface()->config,
            load_huggingface(kCases / "llama2").model->huggingface()->config);
}

// transformers ignores "max_window_layers" there.
TEST(HuggingFace, SlidesEveryLayerOfAMixedQwen3) {
  const TemporaryFolder folder;
  copy_case("qwen3_moe", folder.path(), [](auto& config) {
    config["use_sliding_window"] = true;
    config["sliding_window"] = 5;
    config["max_window_layers"] = 1;
  });

  const auto text = load_huggingface(folder.path()).model->config_text();

  EXPECT_THAT(
      text, AllOf(HasSubstr("attention_pattern = [\"sliding\"]"), HasSubstr("sliding_window = 5")));
}

TEST(HuggingFace, RefusesQuantisedCheckpoints) {
  const TemporaryFolder folder;
  copy_case("llama3", folder.path(), [](auto& config) {
    config["quantization_config"] = {{"quant_method", "gptq"}};
  });

  EXPECT_THAT([&] { load_huggingface(folder.path()); },
              ThrowsMessage<DataError>(HasSubstr("quantization_config")));
}

TEST(HuggingFace, KeepsWhatAMixedCheckpointHoldsAsItIs) {
  const TemporaryFolder folder;
  const fs::path from = kCases / "qwen3_tied_mixed";
  const LoadedModel loaded = load_huggingface(from);

  export_huggingface(*loaded.model, folder.path() / "to", {.stored_dtypes = loaded.stored_dtypes});

  const SafetensorsReader before(from);
  const SafetensorsReader after(folder.path() / "to");
  for (const StoredTensor& tensor : before.tensors()) {
    EXPECT_TRUE(at::equal(read_tensor(before, tensor.name), read_tensor(after, tensor.name)))
        << tensor.name;
    EXPECT_EQ(after.at(tensor.name).dtype, tensor.dtype) << tensor.name;
  }
}

// What a text is packed with must not change it, also where frequencies depend on its length.
TEST(LongRope, IsChosenByEachTextAlone) {
  const LoadedModel loaded = load_huggingface(kCases / "phi3_longrope");
  const at::NoGradGuard no_gradients;
  const at::Tensor ids = at::arange(60).remainder(50);
  const auto logits = [&](const nn::TokenBatch& batch) {
    return loaded.model->logits(loaded.model->forward(batch).hidden);
  };

  const at::Tensor packed =
      logits(nn::TokenBatch::packed(ids, std::vector<std::int64_t>{0, 4, 60}));
  const at::Tensor alone = logits(nn::TokenBatch::single(ids.narrow(0, 0, 4)));

  EXPECT_TRUE(at::allclose(packed.narrow(0, 0, 4), alone, 1e-5, 1e-5));
}

TEST(HuggingFace, DoesNotExportIntoAFolderThatExists) {
  const TemporaryFolder folder;
  const LoadedModel loaded = load_huggingface(kCases / "llama3");

  EXPECT_THAT([&] { export_huggingface(*loaded.model, folder.path()); },
              ThrowsMessage<ConfigError>(HasSubstr("exists")));
}

TEST(HuggingFace, CopiesTheTokenizerAlong) {
  const TemporaryFolder folder;
  const fs::path from = folder.path() / "from";
  fs::create_directories(from);
  copy_case("llama3", from, [](auto& config) { config["bos_token_id"] = 7; });
  write_file(from / "tokenizer.json", "{}");
  const LoadedModel loaded = load_huggingface(from);

  export_huggingface(*loaded.model, folder.path() / "to",
                     {.stored_dtypes = loaded.stored_dtypes, .companions = from});

  EXPECT_EQ(read_file(folder.path() / "to" / "tokenizer.json"), "{}");
  const auto config = nlohmann::json::parse(read_file(folder.path() / "to" / "config.json"));
  EXPECT_EQ(config["bos_token_id"], 7);
}

TEST(ModelHub, PlansAFolderAFamilyAndRefusesWhatDoesNotAgree) {
  const ModelFamilies families = ModelFamilies::standard();
  const CardStore cards;
  const ModelHub hub(families, cards);

  const PlannedModel from_folder = hub.plan({.path = kCases / "gpt2"});
  const PlannedModel fresh = hub.plan({.family = "qwen3", .arch = "qwen3_0_6b"});

  EXPECT_EQ(from_folder.model->family(), "gpt2");
  EXPECT_EQ(from_folder.weights, kCases / "gpt2");
  EXPECT_FALSE(fresh.weights.has_value());
  EXPECT_EQ(fresh.model->vocab_size(), 151936);
  EXPECT_THAT([&] { hub.plan({.path = kCases / "gpt2", .family = "llama"}); },
              ThrowsMessage<ConfigError>(HasSubstr("of the family \"gpt2\"")));
}

TEST(ModelHub, AppliesWhatACardChanges) {
  const TemporaryFolder folder;
  write_file(folder.path() / "cards.toml",
             cat("[mine]\ncheckpoint = \"", (kCases / "llama3").string(),
                 "\"\nconfig_overrides = {norm_eps = 0.5}\n"));
  const ModelFamilies families = ModelFamilies::standard();
  const CardStore cards({folder.path()});

  const PlannedModel planned = ModelHub(families, cards).find("mine");

  EXPECT_EQ(planned.weights, kCases / "llama3");
  EXPECT_THAT(planned.model->config_text(), HasSubstr("norm_eps = 0.5"));
}

TEST(ModelHub, GivesParametersTheDtypeOfTheSection) {
  const ModelFamilies families = ModelFamilies::standard();
  const CardStore cards;

  const auto planned =
      ModelHub(families, cards).plan({.family = "gpt2", .arch = "gpt2", .dtype = DType::BFloat16});

  EXPECT_EQ(nn::parameter_places(*planned.model).front().value.scalar_type(), at::kBFloat16);
}

}  // namespace
}  // namespace roux
