#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/dtype.h"
#include "roux/checkpoint/checkpoint.h"

namespace roux::checkpoint {

inline constexpr const char* kManifestName = "manifest.json";

// What a rank has written, of several that write a checkpoint together: for as long as they do.
std::string part_manifest_name(int rank);

// Files are checked in pieces, so that who reads a part of one can check what they read. Small
// enough for a core's cache.
inline constexpr std::uint64_t kChunkBytes = 1 << 20;

// What a checkpoint says of itself, in manifest.json (docs/checkpoints.md).
struct Manifest {
  struct File {
    std::string name;  // in the checkpoint's folder
    std::string part;
    std::uint64_t bytes = 0;
    std::vector<std::uint32_t> sums;  // CRC-32C of each chunk
  };
  struct Slice {
    std::size_t file = 0;
    std::uint64_t offset = 0;  // of its bytes in the file
    CheckpointSlice elements;
  };
  struct Tensor {
    DType dtype = DType::Float32;
    std::vector<std::int64_t> shape;
    std::vector<Slice> slices;
  };
  struct Text {
    std::size_t file = 0;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };

  std::int64_t step = 0;
  std::string time;
  std::string roux_version;
  std::optional<double> score;
  std::uint64_t chunk_bytes = kChunkBytes;
  std::vector<File> files;
  std::map<std::string, Tensor> tensors;
  std::map<std::string, Text> texts;

  // Files of parts that were dropped: to be removed if they are still there.
  std::vector<std::string> dropped;
};

// "model" of "model/layers.0.weight"; "" where the name has no part that could be one.
std::string part_of(std::string_view name);

// Throws DataError that begins with `file`, whatever the text may be. In what it returns, every
// number fits: slices and texts lie in their files and share no byte, slices have no problem
// (slices.h) and as many elements together as their tensor; no more than it has, in that of a part.
enum class Extent { Whole, Part };
Manifest parse_manifest(std::string_view text, const std::filesystem::path& file,
                        Extent extent = Extent::Whole);

// Ends with a checksum of itself.
std::string manifest_text(const Manifest& manifest);

// One of what ranks have written together. A text that several have is the first one's.
Manifest merge(std::vector<Manifest> parts);

// Throws InternalError where the slices of a tensor, together, are not all of it, each element
// once.
void require_complete(const Manifest& manifest);

// Reads and parses the one in `folder`, and compares the sizes of the files. Throws DataError.
Manifest read_manifest(const std::filesystem::path& folder);

}  // namespace roux::checkpoint
