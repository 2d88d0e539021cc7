#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace roux::safetensors {

// What `model.safetensors.index.json` says of a sharded checkpoint.
struct Index {
  std::map<std::string, std::string> weight_map;  // from a tensor's name to its file's
  std::uint64_t total_size = 0;                   // bytes of all tensors
  std::uint64_t total_parameters = 0;             // elements of all tensors

  // The files' names, each once, sorted.
  std::vector<std::string> files() const;
};

// Throws DataError, which lists every entry that is wrong. The totals are not looked at: other
// writers leave them out, or count a shared tensor twice.
Index read_index(const std::filesystem::path& file);

std::string index_text(const Index& index);

}  // namespace roux::safetensors
