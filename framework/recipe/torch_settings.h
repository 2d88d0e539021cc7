#pragma once

#include <string>

namespace roux {

struct TorchConfig;

// Sets LibTorch's process-wide switches.
void apply_torch_settings(const TorchConfig& config);

// "2.11.0", of the LibTorch that this was compiled with.
std::string torch_version();

}  // namespace roux
