#include "model/safetensors_header.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/visible.h"

namespace roux::safetensors {
namespace {

constexpr std::array kTypes{
    StoredType{"BOOL", 8, DType::Bool},
    StoredType{"F4", 4, {}},
    StoredType{"F6_E2M3", 6, {}},
    StoredType{"F6_E3M2", 6, {}},
    StoredType{"U8", 8, DType::UInt8},
    StoredType{"I8", 8, DType::Int8},
    StoredType{"F8_E5M2", 8, DType::Float8E5M2},
    StoredType{"F8_E4M3", 8, DType::Float8E4M3},
    StoredType{"F8_E8M0", 8, {}},
    StoredType{"F8_E4M3FNUZ", 8, {}},
    StoredType{"F8_E5M2FNUZ", 8, {}},
    StoredType{"I16", 16, DType::Int16},
    StoredType{"U16", 16, {}},
    StoredType{"F16", 16, DType::Float16},
    StoredType{"BF16", 16, DType::BFloat16},
    StoredType{"I32", 32, DType::Int32},
    StoredType{"U32", 32, {}},
    StoredType{"F32", 32, DType::Float32},
    StoredType{"C64", 64, {}},
    StoredType{"F64", 64, DType::Float64},
    StoredType{"I64", 64, DType::Int64},
    StoredType{"U64", 64, {}},
};

// Names come from the file: a message shows them on one line and not without end.
std::string in_quotes(std::string_view name) {
  constexpr std::size_t kLongest = 120;
  return "\"" + visible(name.substr(0, kLongest), "") + (name.size() > kLongest ? "…\"" : "\"");
}

// What elements of `bits_each` take in that shape; nothing if it does not fit. In an empty tensor
// the extents that are not zero must fit too: its strides are their products.
std::optional<std::uint64_t> bits_of(std::span<const std::int64_t> shape, int bits_each) {
  std::int64_t bits = bits_each;
  bool empty = false;
  for (const auto extent : shape) {
    if (extent == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(bits, extent, &bits)) {
      return {};
    }
  }
  return empty ? 0 : static_cast<std::uint64_t>(bits);
}

// Builds the header while the JSON is being read, so that a key given twice is seen and nothing
// deep is ever held.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::uint64_t data_begin, std::uint64_t file_size, const std::filesystem::path& file)
      : data_begin_(data_begin), file_size_(file_size), file_(file) {}

  Header take() && {
    check_layout();
    auto& tensors = header_.tensors;
    std::sort(tensors.begin(), tensors.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return std::move(header_);
  }

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("true or false"); }
  bool number_float(double, const std::string& text) override { unexpected(text); }
  bool number_integer(std::int64_t number) override { unexpected(cat(number)); }
  bool binary(binary_t&) override { unexpected("binary data"); }

  bool number_unsigned(std::uint64_t number) override {
    if (where_ == Where::Shape) {
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        fail(cat("its shape holds ", number, ", which is more than there can be"));
      }
      tensor_.shape.push_back(static_cast<std::int64_t>(number));
    } else if (where_ == Where::Offsets) {
      offsets_.push_back(number);
      if (offsets_.size() > 2) fail("data_offsets must be two numbers, but are more");
    } else {
      unexpected(cat(number));
    }
    return true;
  }

  bool string(std::string& text) override {
    if (where_ == Where::Metadata) {
      header_.metadata[key_] = text;
    } else if (where_ == Where::Tensor && key_ == "dtype") {
      tensor_.stored_dtype = text;
    } else {
      unexpected(in_quotes(text));
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (where_ == Where::Outside) {
      where_ = Where::Root;
    } else if (where_ == Where::Root) {
      where_ = tensor_.name == "__metadata__" ? Where::Metadata : Where::Tensor;
    } else {
      unexpected("an object");
    }
    keys_.clear();
    return true;
  }

  bool key(std::string& key) override {
    auto& keys = where_ == Where::Root ? names_ : keys_;
    const bool is_new = keys.insert(key).second;
    if (where_ == Where::Root) {
      if (!is_new) refuse(cat("the header names ", in_quotes(key), " twice"));
      tensor_ = {};
      offsets_.clear();
      tensor_.name = key;
    } else if (!is_new) {
      fail(cat("its key ", in_quotes(key), " stands there twice"));
    } else if (where_ == Where::Tensor && key != "dtype" && key != "shape" &&
               key != "data_offsets") {
      fail(cat("its key ", in_quotes(key), " is none of dtype, shape and data_offsets"));
    }
    key_ = key;
    return true;
  }

  bool end_object() override {
    if (where_ == Where::Tensor) finish_tensor();
    where_ = where_ == Where::Root ? Where::Outside : Where::Root;
    return true;
  }

  bool start_array(std::size_t) override {
    if (where_ == Where::Tensor && key_ == "shape") {
      where_ = Where::Shape;
    } else if (where_ == Where::Tensor && key_ == "data_offsets") {
      where_ = Where::Offsets;
    } else {
      unexpected("a list");
    }
    return true;
  }

  bool end_array() override {
    where_ = Where::Tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    refuse(cat("the header is no JSON from byte ", position, " of it on"));
  }

 private:
  enum class Where { Outside, Root, Metadata, Tensor, Shape, Offsets };

  [[noreturn]] void refuse(std::string_view reason) const {
    throw DataError(cat(file_.string(), ": ", reason));
  }

  // About the tensor that is being read.
  [[noreturn]] void fail(std::string_view reason) const { fail(tensor_.name, reason); }
  [[noreturn]] void fail(std::string_view name, std::string_view reason) const {
    refuse(cat("tensor ", in_quotes(name), ": ", reason));
  }

  [[noreturn]] void unexpected(std::string_view what) const {
    switch (where_) {
      case Where::Outside:
        refuse(cat("the header must be a JSON object, but is ", what));
      case Where::Root:
        if (key_ == "__metadata__") refuse(cat(key_, " must be an object, but is ", what));
        fail(cat("must be an object, but is ", what));
      case Where::Metadata:
        refuse(cat("__metadata__ must hold texts only, but ", in_quotes(key_), " is ", what));
      case Where::Shape:
        fail(cat("its shape must be a list of whole numbers from 0, but holds ", what));
      case Where::Offsets:
        fail(cat("its data_offsets must be two whole numbers from 0, but hold ", what));
      default:
        fail(cat("its ", key_, " must be ", key_ == "dtype" ? "a text" : "a list", ", but is ",
                 what));
    }
  }

  void finish_tensor() {
    for (const char* key : {"dtype", "shape", "data_offsets"}) {
      if (!keys_.contains(key)) fail(cat("it has no ", key));
    }
    const StoredType* type = find_stored_type(tensor_.stored_dtype);
    if (type == nullptr) fail(cat("no dtype is called ", in_quotes(tensor_.stored_dtype)));
    if (offsets_.size() != 2) fail("data_offsets must be two numbers, but are fewer");

    const auto [begin, end] = std::pair(offsets_[0], offsets_[1]);
    const std::uint64_t data_size = file_size_ - data_begin_;
    if (begin > end) fail(cat("its data_offsets run backwards, from ", begin, " to ", end));
    if (end > data_size) {
      fail(cat("it ends at byte ", end, " of the data, but the file has ", data_size,
               " (was it cut short?)"));
    }
    const auto bits = bits_of(tensor_.shape, type->bits);
    if (!bits) fail(cat("its shape ", shape_text(tensor_.shape), " is larger than memory can be"));
    if (*bits % 8 != 0 || *bits / 8 != end - begin) {
      fail(cat("shape ", shape_text(tensor_.shape), " of ", tensor_.stored_dtype, " takes ",
               (*bits + 7) / 8, " bytes, but its data_offsets hold ", end - begin));
    }
    tensor_.dtype = type->dtype;
    tensor_.offset = data_begin_ + begin;
    tensor_.size = end - begin;
    header_.tensors.push_back(tensor_);
  }

  // No hole, no overlap, nothing behind the last one.
  void check_layout() {
    auto& tensors = header_.tensors;
    std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
      return std::pair(a.offset, a.size) < std::pair(b.offset, b.size);
    });
    std::uint64_t end = data_begin_;
    const StoredTensor* last = nullptr;
    for (const auto& tensor : tensors) {
      const auto begin = tensor.offset;
      if (begin < end) {
        fail(tensor.name, cat("it begins within the data of tensor ", in_quotes(last->name)));
      }
      if (begin > end) {
        fail(tensor.name, cat(begin - end, " bytes before its data belong to no tensor"));
      }
      end = begin + tensor.size;
      last = &tensor;
    }
    if (end != file_size_) {
      refuse(cat("its last ", file_size_ - end, " bytes belong to no tensor"));
    }
  }

  const std::uint64_t data_begin_;
  const std::uint64_t file_size_;
  const std::filesystem::path& file_;

  Header header_;
  Where where_ = Where::Outside;
  std::set<std::string, std::less<>> names_;  // of the root
  std::set<std::string, std::less<>> keys_;   // of the object in it
  std::string key_;
  StoredTensor tensor_;
  std::vector<std::uint64_t> offsets_;
};

}  // namespace

const StoredType* find_stored_type(std::string_view word) {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const StoredType& type) { return type.word == word; });
  return found == kTypes.end() ? nullptr : found;
}

const StoredType& stored_type(DType dtype) {
  for (const StoredType& type : kTypes) {
    if (type.dtype == dtype) return type;
  }
  throw InternalError(cat("safetensors has no word for ", to_string(dtype)));
}

std::uint64_t header_length(std::string_view prefix, std::uint64_t file_size,
                            const std::filesystem::path& file) {
  if (file_size < kPrefixBytes || prefix.size() < kPrefixBytes) {
    throw DataError(cat(file.string(), ": it has ", file_size,
                        " bytes, too few for the length of a safetensors header"));
  }
  std::uint64_t length = 0;
  for (std::size_t i = kPrefixBytes; i-- > 0;) {
    length = (length << 8U) | static_cast<unsigned char>(prefix[i]);
  }
  if (length > kMaxHeaderBytes) {
    throw DataError(cat(file.string(), ": it is no safetensors file: its header would take ",
                        length, " bytes, and ", kMaxHeaderBytes, " are the most"));
  }
  if (length > file_size - kPrefixBytes) {
    throw DataError(cat(file.string(), ": its header takes ", length, " bytes, but the file has ",
                        file_size - kPrefixBytes, " after byte 8 (was it cut short?)"));
  }
  return length;
}

Header parse_header(std::string_view text, std::uint64_t file_size,
                    const std::filesystem::path& file) {
  if (!text.starts_with('{')) {
    throw DataError(cat(file.string(), ": the header must begin with \"{\" at byte 8"));
  }
  Builder builder(kPrefixBytes + text.size(), file_size, file);
  nlohmann::json::sax_parse(text, &builder);
  return std::move(builder).take();
}

std::string header_text(std::vector<StoredTensor>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  // Written by hand, since the reference library's key order is neither sorted nor free: files come
  // out the same, byte for byte.
  const auto text_of = [](const std::string& text) { return nlohmann::json(text).dump(); };
  std::string text = "{";
  if (!metadata.empty()) text += cat("\"__metadata__\":", nlohmann::json(metadata).dump());

  std::uint64_t offset = 0;
  for (auto& tensor : tensors) {
    if (text.size() > 1) text += ',';
    text += cat(text_of(tensor.name), ":{\"dtype\":", text_of(tensor.stored_dtype),
                ",\"shape\":", nlohmann::json(tensor.shape).dump(), ",\"data_offsets\":[", offset,
                ',', offset + tensor.size, "]}");
    tensor.offset = offset;
    offset += tensor.size;
  }
  text += '}';
  text.append((kPrefixBytes - text.size() % kPrefixBytes) % kPrefixBytes, ' ');

  std::string prefix;
  for (std::size_t i = 0; i < kPrefixBytes; ++i) {
    prefix += static_cast<char>((text.size() >> (8 * i)) & 0xFFU);
  }
  for (auto& tensor : tensors) tensor.offset += kPrefixBytes + text.size();
  return prefix + text;
}

}  // namespace roux::safetensors

namespace roux {

std::int64_t StoredTensor::numel() const {
  std::int64_t count = 1;
  for (const auto extent : shape) count *= extent;
  return count;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const auto extent : shape) text += cat(text.size() > 1 ? ", " : "", extent);
  return text + "]";
}

}  // namespace roux
