// recipes/lm/train as its users run it.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "recipes/lm_train_runs.h"
#include "roux/base/files.h"
#include "roux/base/random.h"
#include "roux/base/strings.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint.h"
#include "roux/checkpoint/checkpoint_folder.h"
#include "roux/config/toml.h"
#include "roux/datasets/sample_folder.h"
#include "roux/model/model_family.h"
#include "roux/nn/flat_parameters.h"
#include "roux/tokenizer/load.h"

namespace roux {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

class LMTrain : public LMTrainRuns {
 protected:
  // Kills a run at random instants, many of them within a save, and begins it again; it must end as
  // one that was left alone.
  void kill_often(int kills, std::uint64_t seed) const {
    const Words words =
        tiny({"regime.num_steps=" + std::to_string(40 * kills), "regime.checkpoint_every_n_steps=3",
              "regime.publish_metrics_every_n_steps=3"});
    ASSERT_EQ(run(folder("whole"), words).exit_code, 0);
    RandomStream random(seed, "kills");
    int done = 0;
    for (int i = 0; i < kills; ++i) {
      Process process(command(folder("killed"), words),
                      {.environment = {{"OMP_NUM_THREADS", "1"}}});
      std::this_thread::sleep_for(std::chrono::milliseconds(200 + random.uniform_int(250)));
      process.send_signal(SIGKILL);
      if (process.wait().exit_code == 0) break;  // it was over before
      ++done;
    }
    EXPECT_GE(done, kills / 2);
    const Finished last = run(folder("killed"), words);
    EXPECT_EQ(last.exit_code, 0) << last.err;
    EXPECT_TRUE(weights(folder("killed"), 40 * kills) == weights(folder("whole"), 40 * kills));
    EXPECT_EQ(reports(folder("killed")), reports(folder("whole")));
    std::cout << "killed " << done << " times\n";
  }
};

TEST_F(LMTrain, TrainsAndIsOverWhenItIsBegunAgain) {
  const Finished first = run(folder("a"), tiny());
  EXPECT_EQ(first.exit_code, 0) << first.err;
  const auto lines = reports(folder("a"));
  ASSERT_EQ(lines.size(), 10U);
  const auto loss = [](const std::string& line) {
    return nlohmann::json::parse(line).at("nll_loss").get<double>();
  };
  EXPECT_LT(loss(lines.back()), loss(lines.front()) - 1.0);

  const Finished second = run(folder("a"), tiny());
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(reports(folder("a")), lines);
}

TEST_F(LMTrain, GoesOnToTheLastBitAfterSigkill) {
  kill_often(5, 1);
}

TEST_F(LMTrain, RunsEveryPreset) {
  for (const auto& entry : fs::directory_iterator(ROUX_PRESETS)) {
    const std::string preset = entry.path().stem();
    Words words{"--preset", preset, "--config", "model.name=none"};
    words.push_back(preset.starts_with("qwen") ? "model.family=qwen3" : "model.family=llama");
    for (const char* word :
         {"model.arch=none", "model.config_overrides.vocab_size=1024",
          "model.config_overrides.num_layers=2", "model.config_overrides.model_dim=64",
          "model.config_overrides.num_attn_heads=2", "model.config_overrides.num_key_value_heads=2",
          "model.config_overrides.head_dim=32", "model.config_overrides.ffn_inner_dim=96",
          "dataset.name=sample", "dataset.max_seq_len=none", "dataset.max_num_tokens=128",
          "dataset.num_shards=4", "dataset.config_overrides.valid_paths=[]",
          "tokenizer.name=sample", "lr_scheduler.config.num_warmup_steps=1", "regime.num_steps=3",
          "regime.publish_metrics_every_n_steps=1", "regime.validate_every_n_steps=none",
          "regime.checkpoint_every_n_steps=1"}) {
      words.emplace_back(word);
    }
    const Finished finished = run(folder(preset), words);
    EXPECT_EQ(finished.exit_code, 0) << preset << ": " << finished.err;
    EXPECT_EQ(reports(folder(preset)).size(), 3U) << preset;
  }
}

TEST_F(LMTrain, BuildsLargeModelsWithoutTheirMemory) {
  for (const std::string preset : {"llama3_2_1b", "llama3_8b", "qwen3_0_6b"}) {
    const std::string family = preset.starts_with("qwen") ? "qwen3" : "llama";
    const Finished finished = run(
        folder(preset), {"--dry-run", "--preset", preset, "--config", "model.name=none",
                         "model.family=" + family, "model.arch=" + preset, "dataset.name=sample",
                         "dataset.config_overrides.valid_paths=[]", "tokenizer.name=sample"});
    EXPECT_EQ(finished.exit_code, 0) << preset << ": " << finished.err;
    EXPECT_THAT(finished.out, HasSubstr("Everything was built")) << preset;
  }
}

TEST_F(LMTrain, SavesAndLeavesOnASignal) {
  Process process(command(folder("a"), tiny({"regime.num_steps=100000"})),
                  {.environment = {{"OMP_NUM_THREADS", "1"}}});
  process.wait_for_output("step 4/");
  process.send_signal(SIGTERM);
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 128 + SIGTERM) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("stopped after step"));
  EXPECT_FALSE(fs::is_empty(folder("a") / "checkpoints"));
}

TEST_F(LMTrain, RefusesWhatDoesNotFit) {
  const auto refuses = [&](Words words, const char* text) {
    const Finished finished = run(folder("b"), std::move(words));
    EXPECT_EQ(finished.exit_code, 2) << text;
    EXPECT_THAT(finished.err, HasSubstr(text));
  };
  refuses(tiny({"dataset.max_seq_len=1000", "dataset.max_num_tokens=2000"}),
          "dataset.max_seq_len must be at most 512");
  refuses(tiny({"model.config_overrides.vocab_size=100"}), "room for the tokenizer's 1024 tokens");
  refuses(tiny({"dataset.max_num_token=1"}), "did you mean \"max_num_tokens\"?");
  refuses({}, "dataset.name needs to be specified");
  refuses(tiny({"trainer.mixed_precision.mode=auto"}), "must be one of off, static");
  refuses(tiny({"trainer.activation_checkpointing.offload=pinned"}), "for a model on the CPU");
}

TEST_F(LMTrain, LearnsInEveryPrecision) {
  const auto last_loss = [&](const std::string& name, Words more) {
    const Finished finished = run(folder(name), tiny(std::move(more)));
    EXPECT_EQ(finished.exit_code, 0) << name << ": " << finished.err;
    return nlohmann::json::parse(reports(folder(name)).back()).at("nll_loss").get<double>();
  };
  const double exact = last_loss("float32", {});
  for (const std::string dtype : {"bfloat16", "float16"}) {
    const double rounded = last_loss(
        dtype, {"trainer.mixed_precision.mode=static", "trainer.mixed_precision.dtype=" + dtype});
    EXPECT_NEAR(rounded, exact, 0.05) << dtype;
  }
  EXPECT_NEAR(last_loss("pure", {"model.dtype=bfloat16"}), exact, 0.3);
}

TEST_F(LMTrain, ReportsWhatItDoes) {
  const Finished finished =
      run(folder("a"),
          tiny({"regime.publish_norms_every_n_steps=20", "samples.prompts=[\"One morning\"]",
                "samples.every_n_steps=20", "seq_generator.config.max_gen_len=4"}));
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const auto lines = split(read_file(folder("a") / "metrics" / "train.jsonl"), '\n');
  const auto report = nlohmann::json::parse(lines.at(9));
  for (const char* name : {"nll_loss",
                           "perplexity",
                           "bits_per_byte",
                           "grad_norm",
                           "lr",
                           "data_epoch",
                           "batch_size",
                           "elements_per_batch",
                           "padding_ratio",
                           "num_examples",
                           "num_tokens",
                           "num_targets",
                           "padding",
                           "total_num_examples",
                           "total_num_tokens",
                           "tokens_per_second",
                           "tokens_per_second_per_device",
                           "mfu",
                           "data_wait_share",
                           "data_time",
                           "compute_time",
                           "forward_time",
                           "backward_time",
                           "optimizer_time",
                           "lapse_time",
                           "wall_time",
                           "total_time",
                           "peak_mem_bytes",
                           "param_norm",
                           "param_norm/layers.0",
                           "update_norm",
                           "update_ratio",
                           "clipped_steps"}) {
    EXPECT_TRUE(report.contains(name)) << name;
  }
  EXPECT_EQ(report.at("num_tokens"), 4 * 256);
  // A byte is less than a token: the text is plain English.
  EXPECT_LT(report.at("bits_per_byte").get<double>(), report.at("nll_loss").get<double>());
  const std::string texts = read_file(folder("a") / "metrics" / "texts.jsonl");
  EXPECT_THAT(texts, HasSubstr("\"step\":20"));
  EXPECT_THAT(texts, HasSubstr("\"step\":40"));
  EXPECT_THAT(texts, HasSubstr("One morning"));
}

TEST_F(LMTrain, ExportsItsCheckpointsAndIsAModelForOthers) {
  const Finished first =
      run(folder("a"), tiny({"regime.export_hugging_face=true", "regime.keep_last_n_checkpoints=2",
                             "modifiers=[{name=\"ema\"}]"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  std::set<std::string> steps;
  for (const auto& each : fs::directory_iterator(folder("a") / "huggingface")) {
    steps.insert(each.path().filename());
  }
  EXPECT_THAT(steps, ::testing::IsSupersetOf({"step_32", "step_40"}));
  EXPECT_THAT(steps, ::testing::Not(::testing::Contains("step_8")));
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json"}) {
    EXPECT_TRUE(fs::exists(folder("a") / "huggingface" / "step_40" / file)) << file;
  }

  // And the same bytes later, by hand.
  const fs::path roux = fs::read_symlink("/proc/self/exe").parent_path() / "roux";
  const auto export_to = [&](const char* name) {
    return run_process(
        {roux.string(), "export", folder("a").string(), "-o", folder(name).string()});
  };
  const Finished by_hand = export_to("by_hand");
  ASSERT_EQ(by_hand.exit_code, 0) << by_hand.err;
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json"}) {
    EXPECT_TRUE(read_file(folder("by_hand") / file) ==
                read_file(folder("a") / "huggingface" / "step_40" / file))
        << file;
  }
  EXPECT_THAT(export_to("by_hand").err, HasSubstr("exists"));

  // The same weights begin a run whether they come from the run or from what it exported.
  const auto go_on = [&](const char* name, const fs::path& from) {
    Words words =
        tiny({"model.path=" + from.string(), "regime.num_steps=3",
              "regime.publish_metrics_every_n_steps=1", "regime.checkpoint_every_n_steps=none",
              "lr_scheduler.config.num_warmup_steps=1"});
    std::erase_if(words, [](const std::string& each) { return each.starts_with("model.config"); });
    for (const char* word : {"del:model.family", "del:model.config_overrides"})
      words.emplace_back(word);
    const Finished finished = run(folder(name), words);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return reports(folder(name));
  };
  EXPECT_EQ(go_on("b", folder("a")), go_on("c", folder("a") / "huggingface" / "step_40"));
}

// A run that begins with another's weights.
TEST_F(LMTrain, NeedsNothingOfWhatItBeganWith) {
  ASSERT_EQ(run(folder("base"), tiny()).exit_code, 0);
  Words words =
      tiny({"model.path=" + folder("base").string(), "lr_scheduler.config.num_warmup_steps=1"});
  std::erase_if(words, [](const std::string& each) {
    return each.starts_with("model.config") || each == "regime.num_steps=40";
  });
  for (const char* word :
       {"del:model.family", "del:model.config_overrides", "tokenizer.name=none"}) {
    words.emplace_back(word);
  }
  const auto with_steps = [&](const char* steps) {
    Words all = words;
    all.emplace_back(steps);
    return all;
  };
  const Finished first = run(folder("second"), with_steps("regime.num_steps=8"));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(fs::exists(folder("second") / "tokenizer" / "tokenizer.json"));
  fs::rename(folder("base"), folder("gone"));

  const Finished longer = run(folder("second"), with_steps("regime.num_steps=16"));
  EXPECT_EQ(longer.exit_code, 0) << longer.err;
  EXPECT_THAT(longer.err, HasSubstr("goes on from step 8"));
  const fs::path roux = fs::read_symlink("/proc/self/exe").parent_path() / "roux";
  const Finished exported = run_process({roux.string(), "export", folder("second").string()});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;

  // Of a damaged newest checkpoint the one before it does.
  const fs::path newest = folder("second") / "checkpoints" / "step_16" / "model.safetensors";
  std::string bytes = read_file(newest);
  bytes[bytes.size() - 5] ^= 1;
  write_file(newest, bytes);
  fs::remove_all(folder("second") / "huggingface");
  const Finished older = run_process({roux.string(), "export", folder("second").string()});
  EXPECT_EQ(older.exit_code, 0) << older.err;
  EXPECT_THAT(older.err, HasSubstr("the model is of step 8"));
}

TEST_F(LMTrain, KeepsItsConfigWhereItIsRefused) {
  ASSERT_EQ(run(folder("a"), tiny()).exit_code, 0);
  const std::string before = read_file(folder("a") / "config.toml");
  EXPECT_EQ(run(folder("a"), tiny({"common.seed=5"})).exit_code, 2);
  EXPECT_EQ(read_file(folder("a") / "config.toml"), before);
}

TEST_F(LMTrain, PutsCheckpointsWhereItIsTold) {
  Words words = tiny();
  words.insert(words.begin(), {"--checkpoint-dir", folder("elsewhere").string()});
  const Finished first = run(folder("a"), words);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(fs::exists(folder("elsewhere") / "step_40"));
  EXPECT_TRUE(fs::is_symlink(folder("a") / "checkpoints"));

  const Finished again = run(folder("a"), tiny());
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("goes on from step 40"));

  const Finished mixed = run(folder("b"), words);
  EXPECT_EQ(mixed.exit_code, 2);
  EXPECT_THAT(mixed.err, HasSubstr("must be a new or an empty folder"));
  EXPECT_FALSE(fs::exists(folder("b") / "checkpoints"));

  words[1] = folder("third").string();
  const Finished moved = run(folder("a"), words);
  EXPECT_EQ(moved.exit_code, 2);
  EXPECT_THAT(moved.err, HasSubstr("the run's checkpoints are in"));
}

// The model of the sample preset, as a run left it.
class Trained {
 public:
  explicit Trained(const fs::path& output)
      : tokenizer_(load_tokenizer(datasets::default_sample_folder())) {
    const config::Value preset = config::load_toml(fs::path(ROUX_PRESETS) / "sample.toml");
    const config::Value* overrides =
        preset.as<config::Table>()->find("model")->as<config::Table>()->find("config_overrides");
    model_ = ModelFamilies::standard().get("llama").create("", {{*overrides}});
    nn::FlatParameters flat(*model_);
    flat.materialise(at::kCPU);
    std::vector<CheckpointValue> values;
    for (const nn::FlatGroup& group : flat.groups()) {
      for (const nn::FlatEntry& entry : group.entries) {
        values.push_back({"model/" + entry.name, nn::entry_of(group.values, entry)});
      }
    }
    Checkpoint(list_checkpoints(output / "checkpoints").rbegin()->second).read(values);
  }

  // Whether it would say just this, the likeliest token each time: so it does if each token of the
  // answer is the likeliest behind those before it.
  bool answers(const std::string& prompt, const std::string& answer) const {
    const at::NoGradGuard no_gradients;
    const auto asked = tokenizer_->encode(prompt);
    const auto all = tokenizer_->encode(prompt + answer + "\n");
    const std::vector<std::int64_t> ids(all.begin(), all.end());
    const auto hidden = model_->forward(nn::TokenBatch::single(at::tensor(ids))).hidden;
    const at::Tensor best = model_->logits(hidden).argmax(1);
    for (std::size_t i = asked.size(); i < ids.size(); ++i) {
      if (best[static_cast<std::int64_t>(i) - 1].item<std::int64_t>() != ids[i]) return false;
    }
    return ids.size() > asked.size();
  }

 private:
  std::unique_ptr<Tokenizer> tokenizer_;
  std::shared_ptr<LanguageModel> model_;
};

class SlowLMTrain : public LMTrain {};

TEST_F(SlowLMTrain, GoesOnToTheLastBitAfterManyKills) {
  kill_often(60, 2);
}

class SlowSample : public LMTrain {};

TEST_F(SlowSample, TeachesSumsThatNobodyTold) {
  // A run that is there already is asked, and none made.
  const char* there = std::getenv("ROUX_SAMPLE_RUN");
  const fs::path output = there != nullptr ? fs::path(there) : folder("sample");
  if (there == nullptr) {
    const Finished finished =
        run_process(command(output, {"--preset", "sample"}), {.timeout = std::chrono::minutes(20)});
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
  }
  const Trained model(output);
  int right = 0;
  int asked = 0;
  for (const std::string& line :
       split(read_file(datasets::default_sample_folder() / "sums_held_out.jsonl"), '\n')) {
    if (line.empty()) continue;
    const auto json = nlohmann::json::parse(line);
    const bool is_right = model.answers(json.at("prompt"), json.at("answer"));
    ++asked;
    right += is_right ? 1 : 0;
    if (!is_right) std::cout << "wrong: " << json.at("prompt") << '\n';
  }
  std::cout << right << " of " << asked << " held-out sums are right\n";
  EXPECT_GE(asked, 15);
  EXPECT_GE(right, 0.6 * asked);
}

}  // namespace
}  // namespace roux
