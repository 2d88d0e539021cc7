#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roux/config/fields.h"

namespace roux::datasets {

struct TextSource {
  std::string path;
  std::optional<double> weight;

  static void describe(config::Fields<TextSource>& field);
};

enum class OnBadExample { Error, Skip };
void describe(config::EnumValues<OnBadExample>& value);

// Texts to pretrain on: JSONL, plain or compressed, or what `roux data tokenize` made of it.
struct TextDatasetConfig {
  std::vector<TextSource> sources;
  std::vector<std::string> valid_paths;
  double valid_share = 0.0;
  std::string field = "text";
  bool add_eos = true;
  std::int64_t shuffle_window = 10000;
  OnBadExample on_bad_example = OnBadExample::Error;
  double max_bad_share = 0.01;

  static void describe(config::Fields<TextDatasetConfig>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux::datasets
