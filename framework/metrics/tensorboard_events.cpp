#include "metrics/tensorboard_events.h"

#include <bit>
#include <fstream>

#include "roux/base/checksum.h"
#include "roux/base/error.h"

namespace roux::tensorboard {
namespace {

// Little-endian, whatever this machine is.
template <typename T>
std::string fixed(T bits) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes += static_cast<char>(static_cast<unsigned char>(bits >> (8 * i)));
  }
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes + static_cast<char>(value);
}

// protobuf's wire types.
constexpr unsigned kVarint = 0;
constexpr unsigned k64Bits = 1;
constexpr unsigned kBytes = 2;
constexpr unsigned k32Bits = 5;

std::string key(unsigned field, unsigned wire_type) {
  return varint(field << 3 | wire_type);
}
std::string number_field(unsigned field, std::uint64_t value) {
  return key(field, kVarint) + varint(value);
}
std::string double_field(unsigned field, double value) {
  return key(field, k64Bits) + fixed(std::bit_cast<std::uint64_t>(value));
}
std::string float_field(unsigned field, float value) {
  return key(field, k32Bits) + fixed(std::bit_cast<std::uint32_t>(value));
}
std::string bytes_field(unsigned field, std::string_view bytes) {
  return key(field, kBytes) + varint(bytes.size()) + std::string(bytes);
}

// Event (event.proto): wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7.
std::string event(double wall_time, std::int64_t step) {
  return double_field(1, wall_time) + number_field(2, static_cast<std::uint64_t>(step));
}

// "Masked", so that a checksum of data which holds checksums stays a good one.
std::string masked_checksum(std::string_view bytes) {
  constexpr std::uint32_t kMask = 0xA282EAD8U;
  return fixed(std::rotr(crc32c(bytes), 15) + kMask);
}

// What an event of ours begins with: its time (9 bytes), its step unless that is its version, and
// its kind.
struct EventBegin {
  std::optional<std::int64_t> step;
  bool is_summary = false;
};

EventBegin read_begin(std::string_view event) {
  constexpr std::size_t kTime = 9;
  constexpr char kStep = 2 << 3 | kVarint;
  constexpr char kSummary = 5 << 3 | kBytes;
  if (event.size() <= kTime || event[kTime] != kStep) return {};
  std::uint64_t step = 0;
  std::size_t at = kTime + 1;
  for (unsigned shift = 0; at < event.size() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(event[at++]);
    step |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) break;
  }
  return {static_cast<std::int64_t>(step), at < event.size() && event[at] == kSummary};
}

}  // namespace

std::string file_version_event(double wall_time) {
  return double_field(1, wall_time) + bytes_field(3, "brain.Event:2");
}

std::string session_start_event(double wall_time, std::int64_t step) {
  constexpr std::uint64_t kStart = 1;  // SessionLog.status
  return event(wall_time, step) + bytes_field(7, number_field(1, kStart));
}

// Summary (summary.proto) holds values = 1: tag = 1, simple_value = 2, tensor = 8, metadata = 9.
std::string scalars_event(double wall_time, std::int64_t step,
                          std::span<const MetricValue> values) {
  std::string summary;
  for (const auto& each : values) {
    summary +=
        bytes_field(1, bytes_field(1, each.name) + float_field(2, static_cast<float>(each.value)));
  }
  return event(wall_time, step) + bytes_field(5, summary);
}

std::string text_event(double wall_time, std::int64_t step, std::string_view tag,
                       std::string_view text) {
  // SummaryMetadata: plugin_data = 1 (plugin_name = 1), data_class = 4.
  constexpr std::uint64_t kTensorClass = 2;
  const std::string metadata =
      bytes_field(1, bytes_field(1, "text")) + number_field(4, kTensorClass);
  // TensorProto: dtype = 1, shape = 2 (dim = 2 (size = 1)), string_val = 8.
  constexpr std::uint64_t kString = 7;
  const std::string shape = bytes_field(2, number_field(1, 1));
  const std::string tensor =
      number_field(1, kString) + bytes_field(2, shape) + bytes_field(8, text);
  const std::string value = bytes_field(1, tag) + bytes_field(8, tensor) + bytes_field(9, metadata);
  return event(wall_time, step) + bytes_field(5, bytes_field(1, value));
}

std::string tf_record(std::string_view event) {
  const std::string length = fixed(static_cast<std::uint64_t>(event.size()));
  return length + masked_checksum(length) + std::string(event) + masked_checksum(event);
}

bool cut_events(const std::filesystem::path& path, std::optional<std::int64_t> last) {
  constexpr std::uint64_t kHead = 12;  // length and checksum
  constexpr std::uint64_t kFoot = 4;   // checksum
  constexpr std::size_t kBegin = 32;   // enough of an event of ours to see its step and its kind
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(cat("cannot read ", path));
  const std::uint64_t size = std::filesystem::file_size(path);
  std::uint64_t kept = 0;
  bool any = false;
  std::string begin;
  while (kept + kHead + kFoot <= size) {
    begin.resize(kHead + kBegin);
    file.clear();
    file.seekg(static_cast<std::streamoff>(kept));
    file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    begin.resize(static_cast<std::size_t>(file.gcount()));
    std::uint64_t length = 0;
    for (std::size_t i = sizeof(length); i-- > 0;) {
      length = length << 8 | static_cast<unsigned char>(begin[i]);
    }
    const std::string_view head = std::string_view(begin).substr(0, sizeof(length));
    const std::string_view sum = std::string_view(begin).substr(sizeof(length), kFoot);
    if (masked_checksum(head) != sum || length > size - kept - kHead - kFoot) break;
    const EventBegin event = read_begin(std::string_view(begin).substr(kHead));
    if (event.step && (!last || *event.step > *last)) break;
    any = any || event.is_summary;
    kept += kHead + length + kFoot;
  }
  file.close();
  if (kept < size) std::filesystem::resize_file(path, kept);
  return any;
}

}  // namespace roux::tensorboard
