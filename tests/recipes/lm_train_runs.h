#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/base/temporary_folder.h"
#include "support/process.h"

namespace roux {

using Words = std::vector<std::string>;

// Runs of lm-train, in folders that go with the test.
class LMTrainRuns : public ::testing::Test {
 protected:
  static Words command(const std::filesystem::path& output, Words words) {
    const std::filesystem::path program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "lm-train";
    words.insert(words.begin(), {program.string(), output.string()});
    return words;
  }

  // The sample preset, much smaller.
  static Words tiny(Words more = {}) {
    Words words{"--preset",
                "sample",
                "--config",
                "model.config_overrides.num_layers=1",
                "model.config_overrides.model_dim=64",
                "model.config_overrides.num_attn_heads=2",
                "model.config_overrides.num_key_value_heads=2",
                "model.config_overrides.ffn_inner_dim=96",
                "dataset.max_num_tokens=256",
                "dataset.num_shards=4",
                "dataset.config_overrides.valid_paths=[]",
                "trainer.peak_flops=1e12",
                "lr_scheduler.config.num_warmup_steps=5",
                "regime.num_steps=40",
                "regime.publish_metrics_every_n_steps=4",
                "regime.validate_every_n_steps=none",
                "regime.checkpoint_every_n_steps=8"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  Finished run(const std::filesystem::path& output, Words words) const {
    return run_process(command(output, std::move(words)),
                       {.environment = {{"OMP_NUM_THREADS", "1"}}});
  }

  std::filesystem::path folder(const std::string& name) const { return folder_.path() / name; }

  // What a run has learned.
  static std::string weights(const std::filesystem::path& output, std::int64_t step) {
    return read_file(output / "checkpoints" / ("step_" + std::to_string(step)) /
                     "model.safetensors");
  }

  // What it reported, but for the times.
  static std::vector<std::string> reports(const std::filesystem::path& output) {
    std::vector<std::string> lines;
    for (const std::string& line : split(read_file(output / "metrics" / "train.jsonl"), '\n')) {
      if (line.empty()) continue;
      auto json = nlohmann::json::parse(line);
      for (auto each = json.begin(); each != json.end();) {
        const std::string& name = each.key();
        const bool is_time = name == "time" || name.ends_with("_time") ||
                             name.ends_with("_per_second") || name.ends_with("_share") ||
                             name.ends_with("_per_device") || name == "mfu" ||
                             name == "peak_mem_bytes";
        each = is_time ? json.erase(each) : std::next(each);
      }
      lines.push_back(json.dump());
    }
    return lines;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace roux
