#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/dtype.h"

namespace roux {

// One tensor of a safetensors file, as the file's header says it.
struct StoredTensor {
  std::string name;

  // The header's own word: "F32", "BF16", "U32". `dtype` is empty where no tensor of ours can hold
  // such elements: the tensor can be listed and not read.
  std::string stored_dtype;
  std::optional<DType> dtype;

  std::vector<std::int64_t> shape;

  // Its bytes: the file's number in SafetensorsReader::files(), where they begin in it, how many.
  std::size_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  std::int64_t numel() const;
};

// "[2, 3]".
std::string shape_text(std::span<const std::int64_t> shape);

// What safetensors files hold: one file, or the files of a sharded checkpoint.
//
// Nothing but the headers is read when it is made. A header that lies, a file that is cut short,
// has holes or overlaps, an index that does not name
// just what its files hold: all are a DataError that names the
// file, the tensor and the reason. Files stay open, so that a checkpoint replaced meanwhile is
// still read whole. Bytes are read with pread(2) and not through a mapping: a file that shrinks
// while it is read is a DataError too, where a mapping would end the process with SIGBUS.
//
// Immutable once made; every member may be called from any thread. Copies share the open files.
class SafetensorsReader {
 public:
  // A file, an index (`….safetensors.index.json`), or a folder that holds `model.safetensors`, an
  // index, or one safetensors file. Throws ConfigError where there is none, and says what is there.
  explicit SafetensorsReader(const std::filesystem::path& path);

  const std::filesystem::path& path() const;

  // All tensors, sorted by name.
  std::span<const StoredTensor> tensors() const;

  // The tensor called `name`, or nullptr.
  const StoredTensor* find(std::string_view name) const;

  // The same; throws DataError where there is none, with the nearest name.
  const StoredTensor& at(std::string_view name) const;

  const std::vector<std::filesystem::path>& files() const;
  const std::filesystem::path& file_of(const StoredTensor& tensor) const;

  // The `__metadata__` of all files, such as {"format": "pt"}; of two of a key the first file's.
  const std::map<std::string, std::string>& metadata() const;

  // Fills `target` with the bytes of `tensor` from `offset` on, counted from its first. Throws
  // DataError if the file ends before that, Error if it can't be read.
  void read_bytes(const StoredTensor& tensor, std::uint64_t offset,
                  std::span<std::byte> target) const;

  // The whole file that `tensor` is in, mapped for as long as the pointer lives; shared by those
  // who ask for it. What is written there stays in this process. Touching a page that the file has
  // lost meanwhile ends the process.
  std::shared_ptr<std::byte> map_file(const StoredTensor& tensor) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// Whether `path` is a safetensors file or a folder with one: weights, and not a config alone.
bool holds_safetensors(const std::filesystem::path& path);

}  // namespace roux
