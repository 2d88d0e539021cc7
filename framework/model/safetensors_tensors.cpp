#include "roux/model/safetensors_tensors.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/thread_pool.h"

namespace roux {
namespace {

// What one thread takes at a time: long enough that a disk streams, short enough to share out.
constexpr std::int64_t kPieceBytes = 4 << 20;

// What is read before it is converted: stays in a core's cache.
constexpr std::int64_t kScratchBytes = 256 << 10;

// Where ATen starts threads of its own for a copy. Ours are all at work already.
constexpr std::int64_t kSerialElements = 16 << 10;

// Leaving out a gap of less than a page does not make the system read less.
constexpr std::int64_t kPageBytes = 4096;

// Beside the caller's. Waiting for a disk takes more threads than cores.
constexpr int kThreads = 7;

// The bytes of a stored tensor that go into a target: `rows` runs of `run` elements each, the first
// at element `first`, each `stride` elements after the one before.
struct Runs {
  std::int64_t first = 0;
  std::int64_t rows = 1;
  std::int64_t run = 0;
  std::int64_t stride = 0;
};

// A contiguous part of a target, filled by one thread.
struct Piece {
  const StoredTensor* stored;
  Runs runs;
  std::byte* target;
  at::ScalarType type;  // of the target
};

Runs runs_of(const StoredTensor& stored, const std::optional<TensorSlice>& slice) {
  const std::int64_t numel = stored.numel();
  if (!slice || numel == 0) return {0, 1, slice && numel == 0 ? 0 : numel, numel};

  const auto& shape = stored.shape;
  std::int64_t inner = 1;
  for (auto i = static_cast<std::size_t>(slice->dim) + 1; i < shape.size(); ++i) inner *= shape[i];
  const std::int64_t stride = shape[static_cast<std::size_t>(slice->dim)] * inner;
  const std::int64_t run = (slice->end - slice->begin) * inner;
  const std::int64_t rows = numel / stride;
  const std::int64_t first = slice->begin * inner;
  return run == stride ? Runs{0, 1, numel, numel} : Runs{first, rows, run, stride};
}

void add_pieces(const StoredTensor& stored, Runs runs, const at::Tensor& target,
                std::vector<Piece>& pieces) {
  if (runs.run == 0) return;
  auto* bytes = static_cast<std::byte*>(target.mutable_data_ptr());
  const auto target_size = static_cast<std::int64_t>(target.element_size());
  const auto size = static_cast<std::int64_t>(size_of(*stored.dtype));
  const auto add = [&](const Runs& part) {
    pieces.push_back({&stored, part, bytes, target.scalar_type()});
    bytes += part.rows * part.run * target_size;
  };

  if (runs.rows == 1) {
    const std::int64_t most = kPieceBytes / size;
    for (std::int64_t begin = 0; begin < runs.run; begin += most) {
      add({runs.first + begin, 1, std::min(most, runs.run - begin), runs.stride});
    }
  } else {
    const std::int64_t most = std::max<std::int64_t>(1, kPieceBytes / (runs.run * size));
    for (std::int64_t row = 0; row < runs.rows; row += most) {
      add({runs.first + row * runs.stride, std::min(most, runs.rows - row), runs.run, runs.stride});
    }
  }
}

// Does the reading of one piece.
class PieceReader {
 public:
  PieceReader(const SafetensorsReader& reader, const Piece& piece)
      : reader_(reader),
        stored_(*piece.stored),
        type_(to_scalar_type(*stored_.dtype)),
        size_(static_cast<std::int64_t>(size_of(*stored_.dtype))),
        target_type_(piece.type),
        target_(piece.target) {}

  void read(const Runs& runs) {
    const std::int64_t gap = (runs.stride - runs.run) * size_;
    if (runs.rows > 1 && gap < kPageBytes && runs.stride * size_ <= kScratchBytes) {
      read_with_gaps(runs);
      return;
    }
    for (std::int64_t row = 0; row < runs.rows; ++row) {
      read_run(runs.first + row * runs.stride, runs.run);
    }
  }

 private:
  void read_run(std::int64_t first, std::int64_t count) {
    if (type_ == target_type_) {
      fetch(first, target_, count);
      target_ += count * size_;
      return;
    }
    const std::int64_t most = kScratchBytes / size_;
    for (; count > 0; count -= most, first += most) {
      const std::int64_t now = std::min(count, most);
      fetch(first, scratch(), now);
      deliver(scratch(), now);
    }
  }

  void read_with_gaps(const Runs& runs) {
    const std::int64_t rows_at_once = kScratchBytes / (runs.stride * size_);
    for (std::int64_t row = 0; row < runs.rows; row += rows_at_once) {
      const std::int64_t rows = std::min(rows_at_once, runs.rows - row);
      fetch(runs.first + row * runs.stride, scratch(), (rows - 1) * runs.stride + runs.run);
      for (std::int64_t i = 0; i < rows; ++i) {
        deliver(scratch() + i * runs.stride * size_, runs.run);
      }
    }
  }

  void fetch(std::int64_t first, std::byte* into, std::int64_t count) const {
    reader_.read_bytes(stored_, static_cast<std::uint64_t>(first * size_),
                       {into, static_cast<std::size_t>(count * size_)});
  }

  void deliver(std::byte* from, std::int64_t count) {
    if (type_ == target_type_) {
      std::memcpy(target_, from, static_cast<std::size_t>(count * size_));
      target_ += count * size_;
      return;
    }
    const auto target_size = static_cast<std::int64_t>(c10::elementSize(target_type_));
    for (std::int64_t now = 0; count > 0; count -= now) {
      now = std::min(count, kSerialElements);
      at::from_blob(target_, {now}, target_type_).copy_(at::from_blob(from, {now}, type_));
      from += now * size_;
      target_ += now * target_size;
    }
  }

  std::byte* scratch() {
    if (!scratch_) scratch_ = std::make_unique_for_overwrite<std::byte[]>(kScratchBytes);
    return scratch_.get();
  }

  const SafetensorsReader& reader_;
  const StoredTensor& stored_;
  const at::ScalarType type_;
  const std::int64_t size_;
  const at::ScalarType target_type_;
  std::byte* target_;
  std::unique_ptr<std::byte[]> scratch_;
};

std::vector<std::int64_t> shape_of(const StoredTensor& stored,
                                   const std::optional<TensorSlice>& slice) {
  auto shape = stored.shape;
  if (slice) shape[static_cast<std::size_t>(slice->dim)] = slice->end - slice->begin;
  return shape;
}

void check_slice(const StoredTensor& stored, const TensorSlice& slice) {
  const auto dims = static_cast<std::int64_t>(stored.shape.size());
  require(slice.dim >= 0 && slice.dim < dims && slice.begin >= 0 && slice.begin <= slice.end &&
              slice.end <= stored.shape[static_cast<std::size_t>(slice.dim)],
          cat("the slice ", slice.begin, ":", slice.end, " of dimension ", slice.dim,
              " must lie in tensor \"", stored.name, "\" of shape ", shape_text(stored.shape)));
}

// Why `stored` does not go into the target, or "".
std::string mismatch(const StoredTensor& stored, const TensorRead& read) {
  if (!stored.dtype) {
    return cat("holds ", stored.stored_dtype, ", which no tensor here can hold");
  }
  const auto shape = shape_of(stored, read.slice);
  if (read.target.sizes() != at::IntArrayRef(shape)) {
    return cat("has shape ", shape_text(shape), ", but ",
               shape_text({read.target.sizes().data(), read.target.sizes().size()}), " is wanted");
  }
  const auto type = to_scalar_type(*stored.dtype);
  if (type != read.target.scalar_type() &&
      !(c10::isFloatingType(type) && c10::isFloatingType(read.target.scalar_type()))) {
    return cat("holds ", to_string(*stored.dtype), ", which does not go into ",
               to_string(to_dtype(read.target.scalar_type())));
  }
  return "";
}

const StoredTensor& readable(const SafetensorsReader& reader, std::string_view name) {
  const auto& stored = reader.at(name);
  if (!stored.dtype) {
    throw DataError(cat(reader.file_of(stored).string(), ": tensor \"", name, "\" holds ",
                        stored.stored_dtype, ", which no tensor here can hold"));
  }
  return stored;
}

void check_all(const SafetensorsReader& reader, std::span<const TensorRead> reads) {
  std::vector<std::string> problems;
  for (const auto& read : reads) {
    require(read.target.defined() && !read.target.is_meta(),
            "read_tensors: a target must have memory");
    const auto* stored = reader.find(read.name);
    if (stored != nullptr && read.slice) check_slice(*stored, *read.slice);
    const std::string problem = stored == nullptr ? "is not there" : mismatch(*stored, read);
    if (!problem.empty()) problems.push_back(cat("tensor \"", read.name, "\" ", problem));
  }
  if (!problems.empty()) {
    throw DataError(cat(reader.path().string(), ":\n  ", join(problems, "\n  ")));
  }
}

// Reads what was checked. What can't be filled in place, by its strides or its device, is read into
// a tensor beside it and copied; of those only so many are held that a model larger than the memory
// can go to a GPU.
class Loader {
 public:
  explicit Loader(const SafetensorsReader& reader) : reader_(reader) {}

  void add(const TensorRead& read) {
    const auto& stored = reader_.at(read.name);
    at::Tensor target = read.target;
    if (!target.is_contiguous() || !target.is_cpu()) {
      target = at::empty(target.sizes(), at::TensorOptions(target.scalar_type()));
      copies_.emplace_back(read.target, target);
      beside_ += target.nbytes();
    }
    add_pieces(stored, runs_of(stored, read.slice), target, pieces_);
    if (beside_ > kMostBeside) finish();
  }

  void finish() {
    const auto count = static_cast<std::int64_t>(pieces_.size());
    if (count < 2) {
      work(0, count);
    } else {
      if (!threads_) threads_.emplace(ThreadPoolConfig{.num_threads = kThreads, .name = "load"});
      threads_->parallel_for(0, count, 1, [this](auto begin, auto end) { work(begin, end); });
    }
    const at::NoGradGuard no_grad;
    for (const auto& [target, source] : copies_) target.copy_(source);
    pieces_.clear();
    copies_.clear();
    beside_ = 0;
  }

 private:
  static constexpr std::size_t kMostBeside = std::size_t{1} << 30U;

  void work(std::int64_t begin, std::int64_t end) const {
    const at::NoGradGuard no_grad;
    for (auto i = begin; i < end; ++i) {
      const auto& piece = pieces_[static_cast<std::size_t>(i)];
      PieceReader(reader_, piece).read(piece.runs);
    }
  }

  const SafetensorsReader& reader_;
  std::vector<Piece> pieces_;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies_;
  std::size_t beside_ = 0;
  std::optional<ThreadPool> threads_;
};

at::Tensor read_new(const SafetensorsReader& reader, std::string_view name,
                    const std::optional<TensorSlice>& slice) {
  const auto& stored = readable(reader, name);
  if (slice) check_slice(stored, *slice);
  const at::Tensor target =
      at::empty(shape_of(stored, slice), at::TensorOptions(to_scalar_type(*stored.dtype)));
  read_tensors(reader, std::vector<TensorRead>{{std::string(name), target, slice}});
  return target;
}

}  // namespace

at::ScalarType to_scalar_type(DType dtype) {
  switch (dtype) {
    case DType::Float64:
      return at::kDouble;
    case DType::Float32:
      return at::kFloat;
    case DType::Float16:
      return at::kHalf;
    case DType::BFloat16:
      return at::kBFloat16;
    case DType::Int64:
      return at::kLong;
    case DType::Int32:
      return at::kInt;
    case DType::Int16:
      return at::kShort;
    case DType::Int8:
      return at::kChar;
    case DType::UInt8:
      return at::kByte;
    case DType::Bool:
      return at::kBool;
    case DType::Float8E4M3:
      return at::kFloat8_e4m3fn;
    case DType::Float8E5M2:
      return at::kFloat8_e5m2;
  }
  throw InternalError(cat("no dtype has the number ", static_cast<int>(dtype)));
}

DType to_dtype(at::ScalarType type) {
  for (const auto& name : dtype_names()) {
    const DType dtype = *parse_dtype(name);
    if (to_scalar_type(dtype) == type) return dtype;
  }
  throw InternalError(cat("no dtype of ours is ", c10::toString(type)));
}

void read_tensors(const SafetensorsReader& reader, std::span<const TensorRead> reads) {
  check_all(reader, reads);
  Loader loader(reader);
  for (const auto& read : reads) loader.add(read);
  loader.finish();
}

at::Tensor read_tensor(const SafetensorsReader& reader, std::string_view name) {
  return read_new(reader, name, {});
}

at::Tensor read_slice(const SafetensorsReader& reader, std::string_view name,
                      const TensorSlice& slice) {
  return read_new(reader, name, slice);
}

at::Tensor map_tensor(const SafetensorsReader& reader, std::string_view name) {
  const auto& stored = readable(reader, name);
  // Other writers don't align.
  if (stored.size == 0 || stored.offset % size_of(*stored.dtype) != 0) {
    return read_tensor(reader, name);
  }
  auto mapped = reader.map_file(stored);
  std::byte* data = mapped.get() + stored.offset;
  return at::from_blob(
      data, stored.shape, [mapped = std::move(mapped)](void*) {},
      at::TensorOptions(to_scalar_type(*stored.dtype)));
}

}  // namespace roux
