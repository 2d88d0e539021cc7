#pragma once

#include "model/huggingface_config.h"
#include "roux/config/problems.h"

namespace roux {

// Throws one DataError with everything that is wrong with the DecoderConfig that was read from
// `config`, in the words of the file: what we call num_attn_heads is "num_attention_heads" there,
// or "n_head".
[[noreturn]] void refuse_as_written(const HuggingFaceConfig& config,
                                    const config::Problems& problems);

}  // namespace roux
