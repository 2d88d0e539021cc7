#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/manifest.h"
#include "checkpoint/staging.h"
#include "roux/base/thread_pool.h"

namespace roux::checkpoint {

// The files of a checkpoint as they are going to be, one behind the other in staging memory.
class Image {
 public:
  // Decides which file has what, with `suffix` in the names of files: ranks that write together
  // have one each. Throws InternalError for contents that are none: a name twice or without a part.
  explicit Image(const CheckpointContents& contents, std::string_view suffix = "");

  // Of the staging memory.
  std::uint64_t bytes() const { return bytes_; }

  // Whether some of it is on a GPU.
  bool has_device_tensors() const;

  // Copies what it was made of, and holds on to it no longer. Requires staging.size() >= bytes().
  void fill(const Staging& staging, ThreadPool& threads);

  // All but the step, the score and the checksums.
  Manifest& manifest() { return manifest_; }

  // Where a file begins in the staging memory: at a multiple of a chunk.
  std::uint64_t begin_of(std::size_t file) const { return begins_[file]; }

 private:
  void add_tensors(const std::string& part, std::vector<const CheckpointValue*> tensors);
  void add_texts(const std::string& part, const std::map<std::string, std::string>& texts);
  std::size_t add_file(const std::string& part, const std::string& extension, std::uint64_t bytes);

  std::string suffix_;
  Manifest manifest_;
  std::vector<std::uint64_t> begins_;
  std::uint64_t bytes_ = 0;
  std::vector<std::pair<std::uint64_t, std::string>> texts_;
  std::vector<std::pair<std::uint64_t, at::Tensor>> tensors_;
};

}  // namespace roux::checkpoint
