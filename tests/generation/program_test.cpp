// lm-generate, as a user calls it.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_store.h"
#include "roux/config/toml.h"
#include "roux/generation/sampling.h"
#include "roux/model/language_model.h"
#include "roux/model/model_family.h"
#include "roux/nn/flat_parameters.h"
#include "roux/tokenizer/load.h"
#include "support/process.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kTokenizer = ROUX_TOKENIZER_FIXTURES "/qwen2.json";
constexpr const char* kOverrides =
    "vocab_size = 1024\nmodel_dim = 32\nnum_layers = 2\nnum_attn_heads = 2\n"
    "num_key_value_heads = 2\nffn_inner_dim = 64\nmax_seq_len = 64\n";

class LmGenerate : public ::testing::Test {
 protected:
  LmGenerate() {
    const config::RawTable overrides{config::parse_toml(kOverrides, "test", "")};
    model = ModelFamilies::standard().get("llama").create("", {overrides});
    nn::FlatParameters parameters(*model);
    parameters.materialise(at::kCPU);
    parameters.initialise(RandomStream(7, "model"));
    save(5, parameters);
  }

  // What a training run leaves.
  void save(std::int64_t step, const nn::FlatParameters& parameters) {
    CheckpointContents contents;
    for (const auto& group : parameters.groups()) {
      for (const auto& entry : group.entries) {
        contents.tensors.push_back({cat("model/", entry.name), nn::entry_of(group.values, entry)});
      }
    }
    contents.texts["model/family.txt"] = "llama";
    contents.texts["model/settings.toml"] = model->config_text();
    contents.texts["model/config.toml"] =
        cat("[model]\nname = \"none\"\nfamily = \"llama\"\n[model.config_overrides]\n", kOverrides,
            "[tokenizer]\npath = \"", kTokenizer, "\"\n[regime]\nnum_steps = 5\n");
    CheckpointStore store(run() / "checkpoints", {});
    store.save(step, contents);
    store.finish();
  }

  fs::path run() const { return folder.path() / "run"; }
  fs::path out() const { return folder.path() / "out"; }

  std::vector<std::string> command(const std::vector<std::string>& words) const {
    std::vector<std::string> all = {ROUX_PROGRAMS "/lm-generate", out(), "--config",
                                    cat("model.path=", run().string()),
                                    "common.torch.num_threads=1"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }

  Finished generate(const std::vector<std::string>& words, const std::string& input = "") const {
    return run_process(command(words), {.input = input});
  }

  static std::vector<json> lines(const std::string& text) {
    std::vector<json> all;
    for (const auto& line : split(text, '\n')) {
      if (!line.empty()) all.push_back(json::parse(line));
    }
    return all;
  }

  TemporaryFolder folder;
  std::shared_ptr<LanguageModel> model;
};

TEST_F(LmGenerate, WritesWithTheModelAndTheTokenizerOfARun) {
  const auto tokenizer = load_tokenizer(fs::path(kTokenizer));
  SamplingConfig config;
  config.temperature = 0;
  config.max_gen_len = 6;
  const std::vector prompts = {GenerationPrompt{tokenizer->encode("Hello"), RandomStream(1, "")}};
  const auto expected = make_sampling(config, {*model, *tokenizer, {}})->generate(prompts, {});

  for (const char* path : {"", "checkpoints", "checkpoints/step_5"}) {
    const auto finished =
        generate({"generator.prompts=[\"Hello\"]", cat("model.path=", (run() / path).string()),
                  "seq_generator.config.temperature=0", "seq_generator.config.max_gen_len=6"});

    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    const auto written = lines(finished.out);
    ASSERT_THAT(written, SizeIs(1));
    EXPECT_EQ(written[0]["prompt"], "Hello");
    EXPECT_EQ(written[0]["generation_ids"], json(expected[0].ids));
    EXPECT_EQ(written[0]["generation"], expected[0].text);
    EXPECT_EQ(written[0]["end"], "max_gen_len");
    EXPECT_EQ(read_file(out() / "generations.jsonl"), finished.out);
  }
}

TEST_F(LmGenerate, ReadsPromptsFromAFileAndKeepsWhatElseStandsThere) {
  const auto file = folder.path() / "prompts.jsonl";
  write_file(file, "{\"prompt\": \"1 + 1 =\", \"answer\": 2}\n\n\"two\"\n");
  const std::vector<std::string> words = {
      cat("generator.prompts_file=", file.string()), "generator.num_gens=2",
      "seq_generator.config.max_gen_len=4", "seq_generator.config.compute_scores=true"};

  const auto first = generate(words);
  auto others = words;
  others.emplace_back("common.seed=3");

  const auto written = lines(first.out);
  ASSERT_THAT(written, SizeIs(4)) << first.err;
  EXPECT_EQ(written[1]["answer"], 2);
  EXPECT_EQ(written[1]["gen"], 1);
  EXPECT_EQ(written[2]["prompt"], "two");
  EXPECT_NE(written[2]["generation_ids"], written[3]["generation_ids"]);
  EXPECT_THAT(written[0]["log_probabilities"], SizeIs(written[0]["generation_ids"].size()));
  EXPECT_EQ(generate(words).out, first.out);
  EXPECT_NE(generate(others).out, first.out);
}

TEST_F(LmGenerate, NamesWhatIsWrong) {
  const auto refuses = [&](const std::vector<std::string>& words, const std::string& text) {
    const auto finished = generate(words);
    EXPECT_NE(finished.exit_code, 0);
    EXPECT_THAT(finished.err, HasSubstr(text));
  };
  const auto file = folder.path() / "prompts.jsonl";
  write_file(file, "{\"text\": 1}\n");

  refuses({}, "generator.prompts: must be given");
  refuses({cat("generator.prompts_file=", file.string())},
          ":1: must have a string as its \"prompt\"");
  refuses({"generator.prompts=[\"\"]"}, "generator.prompts[0]: must not be empty");
  refuses({"generator.prompts=[\"a\"]", "generator.end_tokens=[\"<x>\"]"}, "it has no \"<x>\"");
  refuses({"generator.prompts=[\"a\"]", "model.family=llama"}, "model.family must not be given");
  refuses({"generator.prompts=[\"a\"]", "generator.chat=true"},
          "generator.chat_template needs to be specified");
}

TEST_F(LmGenerate, TakesPromptsFromItsInputWhereThatIsNoTerminal) {
  const auto finished =
      generate({"generator.interactive=true", "generator.chat=true",
                "generator.chat_template=chatml", "seq_generator.config.max_gen_len=3"},
               "one\ntwo\n");

  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_GE(split(finished.out, '\n').size(), 3U);
}

}  // namespace
}  // namespace roux
