#pragma once

#include <memory>

#include "roux/base/random.h"
#include "roux/datasets/dataset.h"
#include "roux/datasets/text_config.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux::datasets {

// Finds the files that `config` names. Throws ConfigError where there are none, or token files that
// another tokenizer made.
std::shared_ptr<const Dataset> open_text_dataset(const TextDatasetConfig& config,
                                                 std::shared_ptr<const Tokenizer> tokenizer,
                                                 RandomStream random);

}  // namespace roux::datasets
