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
using ::testing::Not;
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

// What is said of a copy of a case whose config.json is changed, after the file's name.
std::string refusal(const std::string& name, const std::function<void(nlohmann::json&)>& change) {
  const TemporaryFolder folder;
  copy_case(name, folder.path(), change);
  const std::string file = (folder.path() / "config.json").string();
  try {
    create_from_folder(folder.path(), ModelFamilies::standard());
  } catch (const DataError& error) {
    const std::string text = error.what();
    return text.starts_with(file) ? text.substr(file.size()) : "not of the file: " + text;
  }
  return "not refused";
}

TEST(HuggingFace, NamesAModelTypeThatNoFamilyReads) {
  EXPECT_THAT(refusal("llama3", [](auto& config) { config["model_type"] = "llama4"; }),
              AllOf(HasSubstr(": \"model_type\" must be one of llama, mistral, "),
                    HasSubstr(", but is \"llama4\""), Not(HasSubstr("did you mean"))));
  EXPECT_THAT(refusal("llama3", [](auto& config) { config.erase("model_type"); }),
              HasSubstr(", but is missing"));
}

// A rule of ours about num_attn_heads, which the file calls otherwise.
TEST(HuggingFace, NamesTheKeysOfTheFileAndNotOurSettings) {
  EXPECT_EQ(refusal("llama2", [](auto& config) { config["num_attention_heads"] = 7; }),
            ":\n  \"num_attention_heads\" must divide \"hidden_size\" (24), but is 7"
            "\n  \"num_key_value_heads\" must divide \"num_attention_heads\" (7), but is 4");
  EXPECT_EQ(refusal("gpt2", [](auto& config) { config["n_head"] = 5; }),
            ": \"n_head\" must divide \"n_embd\" (24), but is 5");
  EXPECT_EQ(refusal("mixtral", [](auto& config) { config["num_experts_per_tok"] = 9; }),
            ": \"num_experts_per_tok\" must be at most \"num_local_experts\" (4), but is 9");
  EXPECT_EQ(refusal("qwen3_moe", [](auto& config) { config["moe_intermediate_size"] = -1; }),
            ": \"moe_intermediate_size\" must be at least 0 and at most 2147483647, but is -1");
  EXPECT_EQ(
      refusal("llama3", [](auto& config) { config["rope_scaling"]["high_freq_factor"] = 0.5; }),
      ": \"rope_scaling.high_freq_factor\" must be more than "
      "\"rope_scaling.low_freq_factor\" (1), but is 0.5");
  EXPECT_EQ(refusal("gemma3_new",
                    [](auto& config) {
                      config["rope_parameters"]["sliding_attention"]["rope_theta"] = 0;
                    }),
            ": \"rope_parameters.sliding_attention.rope_theta\" must be more than 0, but is 0.0");
  EXPECT_EQ(refusal("gemma3_vision",
                    [](auto& config) { config["text_config"]["num_key_value_heads"] = 3; }),
            ": \"text_config.num_key_value_heads\" must divide "
            "\"text_config.num_attention_heads\" (4), but is 3");
  EXPECT_EQ(refusal("llama2",
                    [](auto& config) {
                      config["layer_types"] = {"full_attention", "sliding_attention"};
                    }),
            "not refused");  // transformers' Llama has no windows
  EXPECT_EQ(refusal("qwen2_windows",
                    [](auto& config) {
                      config["layer_types"] = std::vector<std::string>(4, "sliding_attention");
                      config["sliding_window"] = nullptr;
                    }),
            ": \"sliding_window\" needs to be specified");
  EXPECT_EQ(refusal("llama_tied_biased", [](auto& config) { config["head_dim"] = 7; }),
            ": \"head_dim\" must leave an even number of elements to turn, but leaves 7");
}

TEST(HuggingFace, ShowsTheValueThatIsRefused) {
  const auto of_llama = [](const char* key, const nlohmann::json& value) {
    return refusal("llama3", [&](auto& config) { config[key] = value; });
  };
  EXPECT_EQ(of_llama("hidden_size", "24"), ": \"hidden_size\" must be an integer, but is \"24\"");
  EXPECT_EQ(of_llama("hidden_size", nullptr), ": \"hidden_size\" must be an integer, but is null");
  EXPECT_EQ(of_llama("vocab_size", 1e30), ": \"vocab_size\" must be an integer, but is 1e+30");
  EXPECT_EQ(of_llama("vocab_size", UINT64_MAX),
            ": \"vocab_size\" must be an integer, but is 18446744073709551615");
  EXPECT_EQ(of_llama("vocab_size", -3),
            ": \"vocab_size\" must be at least 1 and at most 2147483647, but is -3");
  EXPECT_EQ(of_llama("num_hidden_layers", 1'000'000'000),
            ": \"num_hidden_layers\" must be at least 1 and at most 10000, but is 1000000000");
  EXPECT_EQ(of_llama("rms_norm_eps", nlohmann::json::array()),
            ": \"rms_norm_eps\" must be a number, but is a list");
  EXPECT_EQ(of_llama("tie_word_embeddings", 1),
            ": \"tie_word_embeddings\" must be true or false, but is 1");
  EXPECT_EQ(of_llama("pretraining_tp", 2), "not refused");  // transformers ignores it
  EXPECT_EQ(of_llama("rope_scaling", 8), ": \"rope_scaling\" must be a table, but is 8");
  EXPECT_EQ(of_llama("quantization_config", {{"quant_method", "gptq"}}),
            ": \"quantization_config\" is there, but quantised checkpoints are not read");
  EXPECT_EQ(of_llama("hidden_act", "mish"),
            ": \"hidden_act\" must be silu, gelu, gelu_new, gelu_pytorch_tanh or relu, but is "
            "\"mish\"");
  EXPECT_EQ(refusal("llama3", [](auto& config) { config.erase("hidden_size"); }),
            ": \"hidden_size\" must be an integer, but is missing");
  EXPECT_EQ(
      refusal("llama3", [](auto& config) { config["rope_scaling"]["rope_type"] = "dynamic"; }),
      ": \"rope_scaling.rope_type\" must be default, linear, llama3, yarn or longrope, but is "
      "\"dynamic\"");
  EXPECT_EQ(refusal("qwen2_yarn", [](auto& config) { config["rope_scaling"]["truncate"] = false; }),
            ": \"rope_scaling.truncate\" must be true, but is false");
  EXPECT_EQ(refusal("gpt2", [](auto& config) { config["scale_attn_weights"] = false; }),
            ": \"scale_attn_weights\" must be true, but is false");
  EXPECT_EQ(refusal("gemma3", [](auto& config) { config["sliding_window_pattern"] = 0; }),
            ": \"sliding_window_pattern\" must be at least 1, but is 0");
  EXPECT_EQ(refusal("gemma2", [](auto& config) { config["query_pre_attn_scalar"] = -4; }),
            ": \"query_pre_attn_scalar\" must be at least 1, but is -4");
  EXPECT_EQ(refusal("gemma2", [](auto& config) { config["query_pre_attn_scalar"] = 1e-300; }),
            ": \"query_pre_attn_scalar\" must be an integer, but is 1e-300");
  EXPECT_EQ(refusal("gemma2", [](auto& config) { config["layer_types"] = {"full_attention"}; }),
            ": \"layer_types\" must have one entry for each of the 3 layers, but has 1");
  EXPECT_EQ(refusal("phi3_longrope",
                    [](auto& config) { config["original_max_position_embeddings"] = 0; }),
            ": \"original_max_position_embeddings\" must be at least 1, but is 0");
  EXPECT_EQ(refusal("gemma3_vision", [](auto& config) { config.erase("text_config"); }),
            ": \"text_config\" must be a table, but is missing");
}

TEST(HuggingFace, RefusesWhatLooksAtTokensBehind) {
  for (const char* name : {"llama2", "gpt2", "gemma2", "gemma3"}) {
    EXPECT_EQ(refusal(name, [](auto& config) { config["is_causal"] = false; }),
              ": \"is_causal\" must be true, but is false");
  }
  EXPECT_EQ(refusal("llama2", [](auto& config) { config["is_causal"] = nullptr; }),
            ": \"is_causal\" must be true, but is null");
  EXPECT_EQ(refusal("gemma2", [](auto& config) { config["use_bidirectional_attention"] = true; }),
            ": \"use_bidirectional_attention\" must be false, but is true");
  EXPECT_EQ(
      refusal("gemma3_vision", [](auto& config) { config["text_config"]["is_causal"] = false; }),
      ": \"text_config.is_causal\" must be true, but is false");
}

// Before a name, a module or a tensor is made of them.
TEST(HuggingFace, RefusesSizesThatNoModelHas) {
  const auto of = [](const char* name, const char* key, std::int64_t value) {
    return refusal(name, [&](auto& config) { config[key] = value; });
  };
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;

  EXPECT_EQ(of("llama2", "vocab_size", 1'000'000'000'000'000'000),
            ": \"vocab_size\" must be at least 1 and at most 2147483647, but is "
            "1000000000000000000");
  EXPECT_THAT(of("gpt2", "n_positions", kHuge), HasSubstr("\"n_positions\" must be at least 1"));
  EXPECT_THAT(of("llama2", "intermediate_size", kHuge),
              HasSubstr("\"intermediate_size\" must be at least 1 and at most 2147483647"));
  EXPECT_THAT(of("llama2", "head_dim", kHuge), HasSubstr("\"head_dim\" must be at least 1"));
  EXPECT_THAT(of("mixtral", "num_local_experts", 1'000'000),
              HasSubstr("\"num_local_experts\" must be at least 0 and at most 50000"));

  // Each alone would do.
  EXPECT_EQ(refusal("mixtral",
                    [](auto& config) {
                      config["num_local_experts"] = 20'000;
                      config["num_hidden_layers"] = 1000;
                    }),
            ": \"num_local_experts\" must be at most 50 beside the other sizes, but is 20000");
  EXPECT_EQ(refusal("gpt2",
                    [](auto& config) {
                      config["n_embd"] = 1 << 20;
                      config["n_head"] = 4;
                      config["n_inner"] = 8;
                      config["n_positions"] = 1 << 21;
                    }),
            ": \"n_positions\" must be at most 1048576 beside the other sizes, but is 2097152");
}

// What was written by the rules of another version of transformers, and what it does with both.
TEST(HuggingFace, TakesTheOlderTableOfPositionsBeforeTheNewer) {
  const auto text_of = [](const std::string& name, const nlohmann::json& changes) {
    const TemporaryFolder folder;
    copy_case(name, folder.path(), [&](auto& config) { config.update(changes); });
    return create_from_folder(folder.path(), ModelFamilies::standard())->config_text();
  };
  const nlohmann::json older{{"rope_type", "linear"}, {"factor", 3.0}, {"rope_theta", 77.0}};
  const nlohmann::json newer{{"rope_type", "linear"}, {"factor", 5.0}, {"rope_theta", 99.0}};

  EXPECT_THAT(text_of("llama2", {{"rope_scaling", older}, {"rope_parameters", newer}}),
              AllOf(HasSubstr("factor = 3.0"), HasSubstr("theta = 77.0")));
  EXPECT_THAT(
      text_of("llama2", {{"rope_scaling", nlohmann::json::object()}, {"rope_parameters", newer}}),
      AllOf(HasSubstr("factor = 5.0"), HasSubstr("theta = 99.0")));
  EXPECT_EQ(refusal("llama2",
                    [&](auto& config) {
                      config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", -1.0}};
                      config["rope_parameters"] = newer;
                    }),
            ": \"rope_scaling.factor\" must be more than 0, but is -1.0");
  EXPECT_EQ(refusal("gemma3_new", [&](auto& config) { config["rope_scaling"] = older; }),
            ": \"rope_scaling\" must not stand beside \"rope_parameters\"");
}

TEST(HuggingFace, TakesTheWindowOfTransformersWhereNoneIsSaid) {
  const auto text_of = [](const std::string& name, bool null) {
    const TemporaryFolder folder;
    copy_case(name, folder.path(), [&](auto& config) {
      config["use_sliding_window"] = true;
      config["max_window_layers"] = 0;
      config.erase("layer_types");
      config.erase("sliding_window");
      if (null) config["sliding_window"] = nullptr;
    });
    return create_from_folder(folder.path(), ModelFamilies::standard())->config_text();
  };

  for (const char* name : {"qwen2", "qwen3", "qwen3_moe", "mistral"}) {
    EXPECT_THAT(text_of(name, /*null=*/false), HasSubstr("\nsliding_window = 4096")) << name;
    EXPECT_THAT(text_of(name, /*null=*/true), HasSubstr("attention_pattern = [\"full\"]")) << name;
  }
  EXPECT_EQ(refusal("gemma2",
                    [](auto& config) {
                      config["layer_types"] = std::vector<std::string>(3, "sliding_attention");
                      config.erase("sliding_window");
                    }),
            "not refused");
}

// transformers' Gemma 3 has the key and does nothing with it.
TEST(Gemma3, CapsNoAttention) {
  const TemporaryFolder folder;
  copy_case("gemma3", folder.path(), [](auto& config) { config["attn_logit_softcapping"] = 1.0; });

  EXPECT_THAT(create_from_folder(folder.path(), ModelFamilies::standard())->config_text(),
              HasSubstr("attention_softcap = 0.0"));
}

// Nor does it look at what is not said for its kinds of layers.
TEST(Gemma3, ReadsThePositionsOfItsKindsOfLayersAlone) {
  const TemporaryFolder folder;
  copy_case("gemma3_new", folder.path(), [](auto& config) {
    config["rope_parameters"] = {{"rope_type", "linear"}, {"factor", 3.0}, {"rope_theta", 77.0}};
  });

  EXPECT_THAT(create_from_folder(folder.path(), ModelFamilies::standard())->config_text(),
              AllOf(HasSubstr("\ntheta = 1000000.0"), HasSubstr("\nsliding_theta = 10000.0"),
                    HasSubstr("\nkind = \"none\"")));
}

TEST(LongRope, IsReadWhereverItsLengthStands) {
  const auto text_of = [](const nlohmann::json& beside, const nlohmann::json& inside) {
    const TemporaryFolder folder;
    copy_case("phi3_longrope", folder.path(), [&](auto& config) {
      config.erase("original_max_position_embeddings");
      config["rope_scaling"].erase("original_max_position_embeddings");
      config["max_position_embeddings"] = 8192;
      config.update(beside);
      config["rope_scaling"].update(inside);
    });
    return create_from_folder(folder.path(), ModelFamilies::standard())->config_text();
  };
  const char* const key = "original_max_position_embeddings";
  const auto none = nlohmann::json::object();

  EXPECT_THAT(text_of({{key, 2048}}, {{key, 16}}),
              AllOf(HasSubstr("original_max_positions = 2048"), HasSubstr("factor = 4.0")));
  // Phi 3 does not look into the table, but has a length of its own.
  EXPECT_THAT(text_of(none, {{key, 16}}),
              AllOf(HasSubstr("original_max_positions = 4096"), HasSubstr("factor = 2.0")));
  EXPECT_THAT(text_of(none, {{"factor", 8.0}}), HasSubstr("factor = 8.0"));
}

// transformers takes "yarn" for "longrope" there, and refuses the rest.
TEST(LongRope, IsTheOnlyScalingOfPhi3) {
  EXPECT_EQ(
      refusal("phi3_longrope", [](auto& config) { config["rope_scaling"]["rope_type"] = "yarn"; }),
      ": \"rope_scaling.rope_type\" must be default or longrope, but is \"yarn\"");
}

TEST(LongRope, DividesByNothingThatIsNotMoreThanZero) {
  EXPECT_EQ(
      refusal("phi3_longrope", [](auto& config) { config["rope_scaling"]["long_factor"][1] = 0; }),
      ": \"rope_scaling.long_factor\" must hold numbers of more than 0, but holds 0");
  EXPECT_THAT(refusal("phi3_longrope",
                      [](auto& config) { config["rope_scaling"]["long_factor"] = nullptr; }),
              HasSubstr(": \"rope_scaling.long_factor\" must be as many as "
                        "\"rope_scaling.short_factor\" ("));
}

// transformers does not tie them then: such a config is wrong.
TEST(HuggingFace, TakesATiedProjectionOnlyIfItIsTheEmbedding) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, bool same, DType dtype) {
    const SafetensorsReader from(kCases / "llama_tied_biased");
    std::vector<TensorSource> sources;
    for (const StoredTensor& tensor : from.tensors()) {
      const at::Tensor values = read_tensor(from, tensor.name);
      sources.push_back({tensor.name, *tensor.dtype, tensor.shape, [values] { return values; }});
      if (tensor.name != "model.embed_tokens.weight") continue;
      const at::Tensor head = (same ? values : values + 1).to(to_scalar_type(dtype));
      sources.push_back({"lm_head.weight", dtype, tensor.shape, [head] { return head; }});
    }
    const fs::path to = folder.path() / name;
    fs::create_directory(to);
    write_safetensors_folder(to, std::move(sources), {});
    fs::copy(kCases / "llama_tied_biased" / "config.json", to / "config.json");
    return to;
  };

  EXPECT_NO_THROW(load_huggingface(write("same", true, DType::Float32)));
  EXPECT_NO_THROW(load_huggingface(write("wider", true, DType::Float64)));
  const fs::path other = write("other", false, DType::Float32);
  EXPECT_THAT([&] { load_huggingface(other); },
              ThrowsMessage<DataError>(
                  AllOf(HasSubstr("lm_head.weight must be equal to model.embed_tokens.weight"),
                        HasSubstr("tie_word_embeddings"))));
}

TEST(HuggingFace, RefusesAConfigThatIsNoJson) {
  const auto of_text = [](const std::string& text) {
    const TemporaryFolder folder;
    write_file(folder.path() / "config.json", text);
    try {
      create_from_folder(folder.path(), ModelFamilies::standard());
    } catch (const DataError& error) {
      return std::string(error.what()).substr((folder.path() / "config.json").string().size());
    }
    return std::string("not refused");
  };
  EXPECT_EQ(of_text("{\"model_type\": "), ": no JSON at byte 16");
  EXPECT_EQ(of_text("[]"), ": must be a JSON object");
  EXPECT_EQ(of_text("{\"hidden_size\": 1e999}"), ": holds a number that is too large to be read");
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
    EXPECT_THAT(refusal("llama3", [&](auto& config) { config[key] = 0; }),
                HasSubstr(cat('"', key, "\" must be at least 1 and at most 2147483647, but is 0")));
  }
  EXPECT_THAT(refusal("llama2", [](auto& config) { config["hidden_size"] = 2; }),
              HasSubstr("\"num_attention_heads\" must divide \"hidden_size\" (2), but is 4"));
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

// Those of transformers have one window for every layer.
TEST(HuggingFace, ReadsNoKindsOfLayersWhereTransformersHasNone) {
  for (const char* name : {"mixtral_window", "phi3", "qwen3_moe"}) {
    const TemporaryFolder folder;
    copy_case(name, folder.path(), [](auto& config) {
      config["use_sliding_window"] = true;
      config["sliding_window"] = 5;
      config["layer_types"] = std::vector<std::string>(
          config["num_hidden_layers"].template get<std::size_t>(), "full_attention");
    });

    EXPECT_THAT(create_from_folder(folder.path(), ModelFamilies::standard())->config_text(),
                HasSubstr("attention_pattern = [\"sliding\"]"))
        << name;
  }
}

// The config.json that was published with the model says this little of its text part.
TEST(Gemma3, TakesTheTextPartOfAModelThatAlsoSees) {
  const TemporaryFolder folder;
  write_file(folder.path() / "config.json", R"({
    "architectures": ["Gemma3ForConditionalGeneration"], "boi_token_index": 255999,
    "eoi_token_index": 256000, "eos_token_id": [1, 106], "image_token_index": 262144,
    "initializer_range": 0.02, "mm_tokens_per_image": 256, "model_type": "gemma3",
    "text_config": {
      "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text",
      "num_hidden_layers": 34, "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
      "sliding_window": 1024},
    "torch_dtype": "bfloat16",
    "vision_config": {"hidden_size": 1152, "image_size": 896, "intermediate_size": 4304,
      "model_type": "siglip_vision_model", "num_attention_heads": 16, "num_hidden_layers": 27,
      "patch_size": 14, "vision_use_head": false}})");
  const ModelFamilies families = ModelFamilies::standard();

  const auto model = create_from_folder(folder.path(), families);

  EXPECT_EQ(model->huggingface()->config,
            families.get("gemma3").create("gemma3_4b")->huggingface()->config);
}

TEST(Gemma3, IsWrittenAsTheTextModelAlone) {
  const TemporaryFolder folder;
  const LoadedModel loaded = load_huggingface(kCases / "gemma3_vision");

  export_huggingface(*loaded.model, folder.path() / "to", {.stored_dtypes = loaded.stored_dtypes});

  const auto config = nlohmann::json::parse(read_file(folder.path() / "to" / "config.json"));
  EXPECT_EQ(config["model_type"], "gemma3_text");
  const SafetensorsReader before(kCases / "gemma3_vision");
  const SafetensorsReader after(folder.path() / "to");
  EXPECT_TRUE(at::equal(read_tensor(before, "language_model.model.norm.weight"),
                        read_tensor(after, "model.norm.weight")));
  EXPECT_EQ(after.at("model.norm.weight").dtype, DType::BFloat16);
}

TEST(Gemma3, SaysHowMuchOfAModelItLeavesOut) {
  testing::internal::CaptureStderr();
  load_huggingface(kCases / "gemma3_vision");

  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("leaves out "), HasSubstr(" tensors of other parts, such as "),
                    HasSubstr("multi_modal_projector.")));
}

// What no part of such a model is called is still a mistake.
TEST(Gemma3, RefusesTensorsThatItDoesNotKnowBesideItsText) {
  const TemporaryFolder folder;
  copy_case("gemma3_vision", folder.path(), [](auto&) {});
  const fs::path file = folder.path() / "model.safetensors";
  std::string bytes = read_file(file);
  const std::string name = "vision_tower.post_layernorm.bias";
  bytes.replace(bytes.find(name), name.size(), "hearing_ear.post_layernorm.bias_");
  write_file(file, bytes);

  EXPECT_THAT([&] { load_huggingface(folder.path()); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("1 that the model does not have"),
                                             HasSubstr("hearing_ear.post_layernorm.bias_"))));
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

TEST(ModelHub, RefusesACheckpointOfAnotherArchitecture) {
  const TemporaryFolder folder;
  const ModelFamilies families = ModelFamilies::standard();
  write_file(folder.path() / "cards.toml", cat("[mine]\nbase = \"llama3_2_1b\"\ncheckpoint = \"",
                                               (kCases / "llama3").string(), "\"\n"));
  const CardStore cards({folder.path()});
  const ModelHub hub(families, cards);
  auto extended =
      nlohmann::json::parse(families.get("llama").create("llama3_2_1b")->huggingface()->config);
  extended["vocab_size"] = 128300;
  write_file(folder.path() / "config.json", extended.dump());

  EXPECT_THAT([&] { hub.find("mine"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr("does not hold the architecture \"llama3_2_1b\": model_dim is "),
                        HasSubstr("num_layers is 2 and not 16"))));
  EXPECT_THAT(hub.problem_of(cards.get("mine")), HasSubstr("num_layers is 2 and not 16"));
  EXPECT_NO_THROW(hub.plan({.path = folder.path(), .arch = "llama3_2_1b"}));
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
