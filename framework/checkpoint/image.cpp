#include "checkpoint/image.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "checkpoint/slices.h"
#include "model/safetensors_header.h"
#include "roux/base/error.h"
#include "roux/base/version.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/model/safetensors_writer.h"

namespace roux::checkpoint {
namespace {

// What a thread copies at a time.
constexpr std::uint64_t kPieceBytes = 4 << 20;

std::string checked_part_of(const std::string& name) {
  std::string part = part_of(name);
  require(!part.empty(),
          cat("a checkpoint's \"", name, "\" must begin with a part, a word, and a slash"));
  return part;
}

CheckpointSlice elements_of(const CheckpointValue& tensor) {
  if (!tensor.slice) {
    const auto sizes = tensor.value.sizes();
    return whole({sizes.data(), sizes.size()});
  }
  const std::string problem = problem_of(*tensor.slice);
  require(problem.empty(), cat("the slice of \"", tensor.name, "\": ", problem));
  require(count_of(*tensor.slice) == tensor.value.numel(),
          cat("\"", tensor.name, "\" must have as many elements as its slice"));
  return *tensor.slice;
}

// By names without their part, so that others see the names they know; slices of one tensor are
// numbered.
std::vector<StoredTensor> stored_as(const std::string& part,
                                    const std::vector<const CheckpointValue*>& tensors) {
  std::map<std::string_view, int> slices;
  for (const auto* tensor : tensors) ++slices[tensor->name];
  std::map<std::string_view, int> seen;
  std::set<std::string> names;
  std::vector<StoredTensor> stored;
  for (const auto* tensor : tensors) {
    const DType dtype = to_dtype(tensor->value.scalar_type());
    std::string name = tensor->name.substr(part.size() + 1);
    if (slices[tensor->name] > 1) name += cat("@", ++seen[tensor->name]);
    require(names.insert(name).second && name != "__metadata__",
            cat("a checkpoint can't hold \"", part, "/", name, "\", or not twice"));
    stored.push_back({.name = std::move(name),
                      .stored_dtype = std::string(safetensors::stored_type(dtype).word),
                      .dtype = dtype,
                      .shape = tensor->value.sizes().vec(),
                      .size = tensor->value.numel() * size_of(dtype)});
  }
  return stored;
}

// Of plain memory, pieces that threads can share; of the rest, a copy by LibTorch into the blocks.
void copy_slowly(const Staging& staging, std::uint64_t target, const at::Tensor& source) {
  const auto bytes = static_cast<std::uint64_t>(source.nbytes());
  const auto options = at::TensorOptions(source.scalar_type());
  const auto block = staging.piece(target, bytes);
  if (block.size() == bytes) {
    at::from_blob(block.data(), source.sizes(), options).copy_(source, /*non_blocking=*/true);
    return;
  }
  const at::Tensor flat = source.contiguous().view(-1);
  const auto size = static_cast<std::int64_t>(source.element_size());
  for (std::int64_t done = 0; done < flat.numel();) {
    const auto piece = staging.piece(target + static_cast<std::uint64_t>(done * size),
                                     bytes - static_cast<std::uint64_t>(done * size));
    const auto count = static_cast<std::int64_t>(piece.size()) / size;
    at::from_blob(piece.data(), {count}, options)
        .copy_(flat.narrow(0, done, count), /*non_blocking=*/true);
    done += count;
  }
}

}  // namespace

Image::Image(const CheckpointContents& contents, std::string_view suffix) : suffix_(suffix) {
  std::map<std::string, std::vector<const CheckpointValue*>> tensors;
  for (const CheckpointValue& tensor : contents.tensors) {
    require(
        tensor.value.defined() && !tensor.value.is_meta() && tensor.value.layout() == at::kStrided,
        cat("a checkpoint's tensor \"", tensor.name, "\" must have memory"));
    tensors[checked_part_of(tensor.name)].push_back(&tensor);
  }
  std::map<std::string, std::map<std::string, std::string>> texts;
  for (const auto& [name, text] : contents.texts) texts[checked_part_of(name)][name] = text;

  manifest_.roux_version = version();
  for (const auto& [part, all] : tensors) add_tensors(part, all);
  for (const auto& [part, all] : texts) add_texts(part, all);
}

std::size_t Image::add_file(const std::string& part, const std::string& extension,
                            std::uint64_t bytes) {
  manifest_.files.push_back({.name = cat(part, suffix_, extension), .part = part, .bytes = bytes});
  begins_.push_back(bytes_);
  bytes_ += (bytes + kChunkBytes - 1) / kChunkBytes * kChunkBytes;
  return manifest_.files.size() - 1;
}

void Image::add_tensors(const std::string& part, std::vector<const CheckpointValue*> tensors) {
  // The reference library's order: wide elements first, so that each tensor is aligned.
  const auto rank = [](const CheckpointValue* tensor) {
    return &safetensors::stored_type(to_dtype(tensor->value.scalar_type()));
  };
  std::ranges::stable_sort(tensors, [&](const auto* a, const auto* b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a->name < b->name;
  });
  std::vector<StoredTensor> stored = stored_as(part, tensors);
  std::string header = safetensors::header_text(stored, kPyTorchFormat);
  require(header.size() <= safetensors::kMaxHeaderBytes,
          "a safetensors header of more than 100 MB can't be read back");

  std::uint64_t bytes = header.size();
  for (const auto& each : stored) bytes += each.size;
  const std::size_t file = add_file(part, ".safetensors", bytes);
  texts_.emplace_back(begins_[file], std::move(header));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    CheckpointSlice elements = elements_of(*tensors[i]);
    auto& entry = manifest_.tensors[tensors[i]->name];
    require(
        entry.slices.empty() || (entry.shape == elements.shape && entry.dtype == stored[i].dtype),
        cat("the slices of \"", tensors[i]->name, "\" must be of one tensor"));
    entry.dtype = *stored[i].dtype;
    entry.shape = elements.shape;
    if (tensors[i]->value.numel() > 0) {
      tensors_.emplace_back(begins_[file] + stored[i].offset, tensors[i]->value.detach());
    }
    entry.slices.push_back({file, stored[i].offset, std::move(elements)});
  }
}

void Image::add_texts(const std::string& part, const std::map<std::string, std::string>& texts) {
  std::string all;
  const std::size_t file = manifest_.files.size();
  for (const auto& [name, text] : texts) {
    manifest_.texts[name] = {file, all.size(), text.size()};
    all += text;
    all += '\n';  // for who looks at the file
  }
  add_file(part, ".txt", all.size());
  texts_.emplace_back(begins_[file], std::move(all));
}

bool Image::has_device_tensors() const {
  return std::ranges::any_of(tensors_, [](const auto& each) { return !each.second.is_cpu(); });
}

void Image::fill(const Staging& staging, ThreadPool& threads) {
  const at::NoGradGuard no_grad;
  struct Piece {
    std::span<std::byte> target;
    const std::byte* source;
  };
  std::vector<Piece> pieces;
  const auto add = [&](std::uint64_t target, const void* source, std::uint64_t bytes) {
    for (std::uint64_t done = 0; done < bytes;) {
      const auto piece = staging.piece(target + done, std::min(bytes - done, kPieceBytes));
      pieces.push_back({piece, static_cast<const std::byte*>(source) + done});
      done += piece.size();
    }
  };
  std::vector<at::Device> devices;
  for (const auto& [target, tensor] : tensors_) {
    if (tensor.is_cpu() && tensor.is_contiguous()) {
      add(target, tensor.const_data_ptr(), tensor.nbytes());
    } else {
      copy_slowly(staging, target, tensor);  // on a GPU only asked for: it goes on meanwhile
      if (!tensor.is_cpu() && std::ranges::count(devices, tensor.device()) == 0) {
        devices.push_back(tensor.device());
      }
    }
  }
  for (const auto& [target, text] : texts_) add(target, text.data(), text.size());
  threads.parallel_for(0, static_cast<std::int64_t>(pieces.size()), 1,
                       [&](std::int64_t begin, std::int64_t end) {
                         for (auto i = begin; i < end; ++i) {
                           const Piece& piece = pieces[static_cast<std::size_t>(i)];
                           copy_past_caches(piece.target, piece.source);
                         }
                       });
  for (const at::Device& device : devices) {
    c10::impl::VirtualGuardImpl(device.type()).getStream(device).synchronize();
  }
  tensors_.clear();
  texts_.clear();
}

}  // namespace roux::checkpoint
