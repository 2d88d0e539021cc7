#include "roux/checkpoint/checkpoint.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include "checkpoint/chunks.h"
#include "checkpoint/manifest.h"
#include "checkpoint/slices.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/model/safetensors.h"
#include "roux/model/safetensors_tensors.h"

namespace roux {

using checkpoint::Manifest;
using checkpoint::Wanted;

struct Checkpoint::State {
  std::filesystem::path folder;
  Manifest manifest;
  std::set<std::string> parts;
  std::map<std::string, std::string> texts;
};

namespace {

// What may be held beside the targets, for those that are no plain memory of this process.
constexpr std::size_t kMostBeside = std::size_t{1} << 30U;

std::map<std::string, std::string> read_texts(const std::filesystem::path& folder,
                                              const Manifest& manifest) {
  std::map<std::string, std::string> texts;
  std::vector<Wanted> wanted;
  for (const auto& [name, text] : manifest.texts) {
    std::string& bytes = texts[name];
    bytes.resize(text.bytes);
    wanted.push_back(
        {text.file, text.offset, text.bytes, reinterpret_cast<std::byte*>(bytes.data())});
  }
  checkpoint::read_wanted(folder, manifest, wanted);
  return texts;
}

CheckpointSlice elements_of(const CheckpointValue& target) {
  if (target.slice) return *target.slice;
  const auto sizes = target.value.sizes();
  return checkpoint::whole({sizes.data(), sizes.size()});
}

// Why the target can't hold what was saved, or "".
std::string mismatch(const Manifest::Tensor& saved, const CheckpointValue& target) {
  const auto elements = elements_of(target);
  if (elements.shape != saved.shape) {
    return cat("has shape ", shape_text(saved.shape), ", but ", shape_text(elements.shape),
               " is wanted");
  }
  if (const DType dtype = to_dtype(target.value.scalar_type()); dtype != saved.dtype) {
    return cat("holds ", to_string(saved.dtype), ", but ", to_string(dtype), " is wanted");
  }
  return "";
}

// Where the elements of a target lie in the files.
class Plan {
 public:
  Plan(const Manifest::Tensor& saved, const CheckpointSlice& target, std::byte* memory)
      : size_(static_cast<std::int64_t>(size_of(saved.dtype))) {
    for (const auto& slice : saved.slices) {
      checkpoint::intersect(slice.elements, target,
                            [&](std::int64_t in_slice, std::int64_t in_target, std::int64_t count) {
                              wanted_.push_back({slice.file, slice.offset + bytes(in_slice),
                                                 bytes(count), memory + bytes(in_target)});
                            });
    }
  }

  // Whether each element of the target is there, and once.
  bool is_complete(const std::byte* memory, std::int64_t count) const {
    std::vector<std::pair<const std::byte*, std::uint64_t>> ranges;
    for (const Wanted& piece : wanted_) ranges.emplace_back(piece.target, piece.bytes);
    std::ranges::sort(ranges);
    const std::byte* end = memory;
    for (const auto& [begin, size] : ranges) {
      if (begin != end) return false;
      end = begin + size;
    }
    return end == memory + bytes(count);
  }

  const std::vector<Wanted>& wanted() const { return wanted_; }

 private:
  std::uint64_t bytes(std::int64_t elements) const {
    return static_cast<std::uint64_t>(elements * size_);
  }

  std::int64_t size_;
  std::vector<Wanted> wanted_;
};

// Reads what was checked.
class Loader {
 public:
  Loader(const std::filesystem::path& folder, const Manifest& manifest)
      : folder_(folder), manifest_(manifest) {}

  void add(const CheckpointValue& target) {
    at::Tensor memory = target.value;
    if (!memory.is_contiguous() || !memory.is_cpu()) {
      memory = at::empty(memory.sizes(), at::TensorOptions(memory.scalar_type()));
      copies_.emplace_back(target.value, memory);
      beside_ += memory.nbytes();
    }
    const auto elements = elements_of(target);
    auto* bytes = static_cast<std::byte*>(memory.mutable_data_ptr());
    const Plan plan(manifest_.tensors.at(target.name), elements, bytes);
    if (!plan.is_complete(bytes, checkpoint::count_of(elements))) {
      throw DataError(cat((folder_ / checkpoint::kManifestName).string(), ": tensor \"",
                          target.name, "\": its slices overlap and leave elements out"));
    }
    wanted_.insert(wanted_.end(), plan.wanted().begin(), plan.wanted().end());
    if (beside_ > kMostBeside) finish();
  }

  void finish() {
    checkpoint::read_wanted(folder_, manifest_, wanted_);
    const at::NoGradGuard no_grad;
    for (const auto& [target, source] : copies_) target.copy_(source);
    wanted_.clear();
    copies_.clear();
    beside_ = 0;
  }

 private:
  const std::filesystem::path& folder_;
  const Manifest& manifest_;
  std::vector<Wanted> wanted_;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies_;
  std::size_t beside_ = 0;
};

void require_sound(const CheckpointValue& target) {
  require(target.value.defined() && !target.value.is_meta(),
          "Checkpoint::read: a target must have memory");
  if (!target.slice) return;
  const std::string problem = checkpoint::problem_of(*target.slice);
  require(problem.empty(), cat("Checkpoint::read: the slice of \"", target.name, "\": ", problem));
  require(checkpoint::count_of(*target.slice) == target.value.numel(),
          cat("Checkpoint::read: \"", target.name, "\" must have as many elements as its slice"));
}

}  // namespace

Checkpoint::Checkpoint(std::filesystem::path folder) {
  auto state = std::make_shared<State>();
  state->folder = std::move(folder);
  state->manifest = checkpoint::read_manifest(state->folder);
  for (const auto& file : state->manifest.files) state->parts.insert(file.part);
  state->texts = read_texts(state->folder, state->manifest);
  state_ = std::move(state);
}

const std::filesystem::path& Checkpoint::folder() const {
  return state_->folder;
}

std::int64_t Checkpoint::step() const {
  return state_->manifest.step;
}

std::optional<double> Checkpoint::score() const {
  return state_->manifest.score;
}

const std::string& Checkpoint::time() const {
  return state_->manifest.time;
}

const std::string& Checkpoint::roux_version() const {
  return state_->manifest.roux_version;
}

std::uint64_t Checkpoint::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& file : state_->manifest.files) bytes += file.bytes;
  return bytes;
}

bool Checkpoint::has_part(const std::string& part) const {
  return state_->parts.contains(part);
}

bool Checkpoint::is_model_only() const {
  return state_->parts.size() == 1 && has_part("model");
}

const std::map<std::string, std::string>& Checkpoint::texts() const {
  return state_->texts;
}

std::vector<std::string> Checkpoint::tensor_names(const std::string& part) const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state_->manifest.tensors) {
    if (checkpoint::part_of(name) == part) names.push_back(name);
  }
  return names;
}

std::vector<CheckpointTensorInfo> Checkpoint::tensors() const {
  std::vector<CheckpointTensorInfo> all;
  for (const auto& [name, tensor] : state_->manifest.tensors) {
    all.push_back({name, tensor.dtype, tensor.shape});
  }
  return all;
}

void Checkpoint::read(std::span<const CheckpointValue> targets) const {
  std::vector<std::string> problems;
  for (const CheckpointValue& target : targets) {
    require_sound(target);
    const auto saved = state_->manifest.tensors.find(target.name);
    const std::string problem =
        saved == state_->manifest.tensors.end() ? "is not there" : mismatch(saved->second, target);
    if (!problem.empty()) problems.push_back(cat("tensor \"", target.name, "\" ", problem));
  }
  if (!problems.empty()) {
    throw DataError(cat(state_->folder.string(), ":\n  ", join(problems, "\n  ")));
  }
  Loader loader(state_->folder, state_->manifest);
  for (const CheckpointValue& target : targets) loader.add(target);
  loader.finish();
}

void Checkpoint::verify() const {
  const auto damage = checkpoint::find_damage(state_->folder, state_->manifest);
  if (!damage.empty()) throw DataError(join(damage, "\n"));
}

}  // namespace roux
