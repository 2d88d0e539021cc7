#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/dtype.h"
#include "roux/model/safetensors.h"

// The format: 8 bytes with the length of the header (little-endian), the header (JSON), and the
// tensors' bytes one after the other. https://huggingface.co/docs/safetensors
namespace roux::safetensors {

inline constexpr std::uint64_t kPrefixBytes = 8;

// The reference library refuses longer ones too.
inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

// The words of the format for element types, some of which have no dtype of ours, in the order by
// which the reference library sorts tensors.
struct StoredType {
  std::string_view word;
  int bits;
  std::optional<DType> dtype;
};
const StoredType* find_stored_type(std::string_view word);
const StoredType& stored_type(DType dtype);

struct Header {
  std::vector<StoredTensor> tensors;  // sorted by name; `file` is 0
  std::map<std::string, std::string> metadata;
};

// The length of the header that a file begins with. Throws DataError if a file of `file_size` bytes
// can't hold that.
std::uint64_t header_length(std::string_view prefix, std::uint64_t file_size,
                            const std::filesystem::path& file);

// What `text`, the whole header of a file of `file_size` bytes, says. Every tensor in the result
// lies in the file, no two share a byte, and together they are all of it. Throws DataError.
Header parse_header(std::string_view text, std::uint64_t file_size,
                    const std::filesystem::path& file);

// The first bytes of a file that holds `tensors` in their order, with their offsets set: the length
// and the header, filled up with spaces so that the tensors begin at a multiple of 8.
std::string header_text(std::vector<StoredTensor>& tensors,
                        const std::map<std::string, std::string>& metadata);

}  // namespace roux::safetensors
