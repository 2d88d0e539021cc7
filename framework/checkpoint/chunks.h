#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/manifest.h"

namespace roux::checkpoint {

// Bytes of a file that are wanted somewhere.
struct Wanted {
  std::size_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::byte* target = nullptr;
};

// Fills the targets, with several threads, and checks each chunk that holds something wanted: read
// once, checked while it is in the core's cache. Throws DataError for the first one whose checksum
// is wrong, a file that is gone or ends too soon; Error if it can't be read.
void read_wanted(const std::filesystem::path& folder, const Manifest& manifest,
                 const std::vector<Wanted>& wanted);

// Reads every chunk of every file. Returns what is wrong, a line for each file.
std::vector<std::string> find_damage(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace roux::checkpoint
