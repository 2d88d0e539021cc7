#pragma once

#include "roux/model/decoder_config.h"
#include "roux/nn/token_batch.h"

namespace roux {

// What LanguageModel::training_flops() says of a decoder.
double training_flops(const DecoderConfig& config, const nn::TokenBatch& batch);

}  // namespace roux
