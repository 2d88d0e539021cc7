#include "metrics/tensorboard_events.h"

#include <bit>

#include "roux/base/checksum.h"

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
  // "Masked", so that a checksum of data which holds checksums stays a good one.
  const auto masked = [](std::string_view bytes) {
    constexpr std::uint32_t kMask = 0xA282EAD8U;
    return fixed(std::rotr(crc32c(bytes), 15) + kMask);
  };
  const std::string length = fixed(static_cast<std::uint64_t>(event.size()));
  return length + masked(length) + std::string(event) + masked(event);
}

}  // namespace roux::tensorboard
