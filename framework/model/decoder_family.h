#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/huggingface_config.h"
#include "roux/model/decoder_config.h"
#include "roux/model/tensor_map.h"

namespace roux {

class ModelFamily;

struct NamedArchitecture {
  std::string_view name;
  DecoderConfig config;
};

// A family of decoders: what a file in families/ fills in.
struct DecoderFamily {
  std::string_view name;
  std::vector<std::string_view> model_types;

  // config.json to our words and back. `write` leaves out what the writer of every family's adds.
  DecoderConfig (*read)(const HuggingFaceConfig& config);
  nlohmann::ordered_json (*write)(const DecoderConfig& config);

  // How checkpoints spell our parameters.
  void (*map)(const DecoderConfig& config, TensorMap& map);

  std::vector<NamedArchitecture> architectures;
};

TensorMap tensor_map(const DecoderFamily& family, const DecoderConfig& config);

std::shared_ptr<const ModelFamily> make_decoder_family(DecoderFamily family);

}  // namespace roux
