#include "checkpoint/manifest.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "checkpoint/folder.h"
#include "checkpoint/slices.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/visible.h"

namespace roux::checkpoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;  // the ordered one looks through all keys for each new one

constexpr int kVersion = 1;
constexpr std::string_view kFormat = "roux-checkpoint";

// A million slices take a quarter of this.
constexpr std::uint64_t kMaxManifestBytes = 1 << 30;
constexpr std::uint64_t kSmallestChunk = 4096;
constexpr std::uint64_t kLargestChunk = 64 << 20;
constexpr std::size_t kSumDigits = 8;
constexpr std::size_t kMostDimensions = 64;

// What stands behind the part of the text that its own checksum is of.
constexpr std::string_view kBeforeSum = ",\n\"manifest_crc32c\": \"";
constexpr std::string_view kAfterSum = "\"\n}\n";

std::string hexadecimal(std::uint32_t sum) {
  std::array<char, kSumDigits + 1> text{};
  std::snprintf(text.data(), text.size(), "%08x", sum);
  return text.data();
}

std::optional<std::uint32_t> from_hexadecimal(std::string_view text) {
  std::uint32_t sum = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sum, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return sum;
}

bool is_part(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

// Whether it is the name of a file in the checkpoint's own folder.
bool is_plain_name(std::string_view name) {
  constexpr std::size_t kLongest = 255;
  return !name.empty() && name.size() <= kLongest && name.front() != '.' &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos &&
         name != kManifestName;
}

// Walks through the JSON of a manifest; what it does not find as it must be is a DataError.
class Parser {
 public:
  Parser(const fs::path& file, Extent extent) : file_(file), extent_(extent) {}

  Manifest parse(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) refuse("it is no JSON: is it damaged, or cut short?");
    if (!json.is_object()) refuse("it must be a JSON object");
    check_version(json);
    check_sum(text);

    Manifest manifest;
    manifest.step = signed_number(json, "step", "");
    manifest.time = string(json, "time", "");
    manifest.roux_version = string(json, "roux", "");
    manifest.chunk_bytes = number(json, "chunk_bytes", "");
    if (manifest.chunk_bytes < kSmallestChunk || manifest.chunk_bytes > kLargestChunk) {
      refuse(cat("chunk_bytes must be from ", kSmallestChunk, " to ", kLargestChunk, ", but is ",
                 manifest.chunk_bytes));
    }
    if (const auto score = json.find("score"); score != json.end()) {
      if (!score->is_number() || !std::isfinite(score->get<double>())) {
        refuse("score must be a finite number");
      }
      manifest.score = score->get<double>();
    }
    read_files(manifest, object(json, "files", ""));
    read_dropped(manifest, list(json, "dropped", ""));
    read_tensors(manifest, object(json, "tensors", ""));
    read_texts(manifest, object(json, "texts", ""));
    check_layout(manifest);
    return manifest;
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    constexpr std::size_t kLongest = 400;
    throw DataError(cat(file_.string(), ": ", visible(why.substr(0, kLongest), "")));
  }

  static std::string quoted(std::string_view name) {
    constexpr std::size_t kLongest = 120;
    return cat("\"", name.substr(0, kLongest), name.size() > kLongest ? "…\"" : "\"");
  }

  const Json& member(const Json& object, const char* key, std::string_view of) const {
    if (!object.is_object()) refuse(cat(of, "must be an object"));
    const auto found = object.find(key);
    if (found == object.end()) refuse(cat(of, "has no ", key));
    return *found;
  }
  const Json& object(const Json& json, const char* key, std::string_view of) const {
    const Json& value = member(json, key, of);
    if (!value.is_object()) refuse(cat(of, key, " must be an object"));
    return value;
  }
  const Json& list(const Json& json, const char* key, std::string_view of) const {
    const Json& value = member(json, key, of);
    if (!value.is_array()) refuse(cat(of, key, " must be a list"));
    return value;
  }
  std::string string(const Json& json, const char* key, std::string_view of) const {
    const Json& value = member(json, key, of);
    if (!value.is_string()) refuse(cat(of, key, " must be a text"));
    return value.get<std::string>();
  }
  std::uint64_t number(const Json& json, const char* key, std::string_view of) const {
    const Json& value = member(json, key, of);
    if (!value.is_number_unsigned()) refuse(cat(of, key, " must be a whole number from 0"));
    return value.get<std::uint64_t>();
  }
  std::int64_t as_signed(std::uint64_t number, const char* key, std::string_view of) const {
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      refuse(cat(of, key, " is ", number, ", which is more than there can be"));
    }
    return static_cast<std::int64_t>(number);
  }
  std::int64_t signed_number(const Json& json, const char* key, std::string_view of) const {
    return as_signed(number(json, key, of), key, of);
  }
  std::vector<std::int64_t> numbers(const Json& json, const char* key, std::string_view of) const {
    const Json& all = list(json, key, of);
    if (all.size() > kMostDimensions) refuse(cat(of, key, " has ", all.size(), " numbers"));
    std::vector<std::int64_t> numbers;
    for (const Json& each : all) {
      if (!each.is_number_unsigned()) refuse(cat(of, key, " must hold whole numbers from 0"));
      numbers.push_back(as_signed(each.get<std::uint64_t>(), key, of));
    }
    return numbers;
  }

  void check_version(const Json& json) const {
    if (string(json, "format", "") != kFormat) {
      refuse(cat("format must be \"", kFormat, "\", but is ", quoted(string(json, "format", ""))));
    }
    if (const std::uint64_t version = number(json, "version", ""); version != kVersion) {
      refuse(cat("its version is ", version, ", and ", kVersion,
                 " is what this program reads: it was written by ",
                 version > kVersion ? "a newer" : "an older", " Roux"));
    }
  }

  void check_sum(std::string_view text) const {
    const std::size_t tail = kBeforeSum.size() + kSumDigits + kAfterSum.size();
    const std::size_t size = text.size() < tail ? 0 : text.size() - tail;
    const std::string_view end = text.substr(size);
    if (!end.starts_with(kBeforeSum) || !end.ends_with(kAfterSum)) {
      refuse("it must end with its checksum, and does not");
    }
    const auto sum = from_hexadecimal(end.substr(kBeforeSum.size(), kSumDigits));
    if (sum != crc32c(text.substr(0, size))) refuse("its checksum is wrong: it was changed");
  }

  void read_files(Manifest& manifest, const Json& files) {
    for (const auto& [name, json] : files.items()) {
      const std::string of = cat("file ", quoted(name), ": ");
      if (!is_plain_name(name)) refuse(cat(of, "it must be the name of a file in the folder"));
      file_numbers_.emplace(name, manifest.files.size());
      Manifest::File file{
          .name = name, .part = string(json, "part", of), .bytes = number(json, "bytes", of)};
      if (!is_part(file.part)) refuse(cat(of, "its part must be a word"));
      const std::string sums = string(json, "crc32c", of);
      const std::uint64_t chunks =
          file.bytes / manifest.chunk_bytes + (file.bytes % manifest.chunk_bytes == 0 ? 0 : 1);
      if (sums.size() % kSumDigits != 0 || sums.size() / kSumDigits != chunks) {
        refuse(cat(of, "it must have ", chunks, " checksums of ", kSumDigits, " digits"));
      }
      for (std::size_t at = 0; at < sums.size(); at += kSumDigits) {
        const auto sum = from_hexadecimal(std::string_view(sums).substr(at, kSumDigits));
        if (!sum) refuse(cat(of, "its checksums must be hexadecimal"));
        file.sums.push_back(*sum);
      }
      manifest.files.push_back(std::move(file));
    }
  }

  void read_dropped(Manifest& manifest, const Json& dropped) {
    for (const Json& name : dropped) {
      if (!name.is_string() || !is_plain_name(name.get<std::string>()) ||
          file_numbers_.contains(name.get<std::string>())) {
        refuse("dropped must hold names of files in the folder that are no part of it");
      }
      manifest.dropped.push_back(name.get<std::string>());
    }
  }

  std::size_t file_number(const Json& json, std::string_view of, std::string_view part,
                          const Manifest& manifest) const {
    const auto found = file_numbers_.find(string(json, "file", of));
    if (found == file_numbers_.end()) refuse(cat(of, "its file is none of those"));
    if (manifest.files[found->second].part != part) {
      refuse(cat(of, "its file is one of another part"));
    }
    return found->second;
  }

  void read_tensors(Manifest& manifest, const Json& tensors) {
    for (const auto& [name, json] : tensors.items()) {
      const std::string of = cat("tensor ", quoted(name), ": ");
      const std::string part = part_of(name);
      if (part.empty()) refuse(cat(of, "its name must begin with a part and a slash"));
      Manifest::Tensor tensor;
      const auto dtype = parse_dtype(string(json, "dtype", of));
      if (!dtype) refuse(cat(of, "no dtype is called ", quoted(string(json, "dtype", of))));
      tensor.dtype = *dtype;
      tensor.shape = numbers(json, "shape", of);
      const auto count = count_of(tensor.shape);
      if (!count) refuse(cat(of, "its shape is larger than memory can be"));
      std::int64_t elements = 0;
      for (const Json& each : list(json, "slices", of)) {
        tensor.slices.push_back(slice(each, tensor, of, part, manifest));
        const std::int64_t more = roux::checkpoint::count_of(tensor.slices.back().elements);
        if (more > *count - elements) refuse(cat(of, "its slices hold more elements than it has"));
        elements += more;
      }
      if (extent_ == Extent::Whole && elements != *count) {
        refuse(cat(of, "its slices hold ", elements, " of its ", *count, " elements"));
      }
      manifest.tensors.emplace(name, std::move(tensor));
    }
  }

  Manifest::Slice slice(const Json& json, const Manifest::Tensor& tensor, const std::string& of,
                        const std::string& part, const Manifest& manifest) const {
    Manifest::Slice slice{.file = file_number(json, of, part, manifest),
                          .offset = number(json, "offset", of),
                          .elements = whole(tensor.shape)};
    if (json.contains("begin")) {
      slice.elements.begin = numbers(json, "begin", of);
      slice.elements.extent = numbers(json, "extent", of);
      slice.elements.first = signed_number(json, "first", of);
      slice.elements.last = signed_number(json, "last", of);
      const std::string problem = problem_of(slice.elements);
      if (!problem.empty()) refuse(cat(of, problem));
    }
    const auto count = static_cast<std::uint64_t>(count_of(slice.elements));
    check_inside(manifest.files[slice.file], slice.offset, count, size_of(tensor.dtype), of);
    return slice;
  }

  void check_inside(const Manifest::File& file, std::uint64_t offset, std::uint64_t count,
                    std::uint64_t size, const std::string& of) const {
    if (offset > file.bytes || count > (file.bytes - offset) / size) {
      refuse(cat(of, "it must lie in the ", file.bytes, " bytes of ", file.name, ", but takes ",
                 count, " × ", size, " from byte ", offset, " on"));
    }
  }

  void read_texts(Manifest& manifest, const Json& texts) {
    for (const auto& [name, json] : texts.items()) {
      const std::string of = cat("text ", quoted(name), ": ");
      const std::string part = part_of(name);
      if (part.empty()) refuse(cat(of, "its name must begin with a part and a slash"));
      const Manifest::Text text{.file = file_number(json, of, part, manifest),
                                .offset = number(json, "offset", of),
                                .bytes = number(json, "bytes", of)};
      check_inside(manifest.files[text.file], text.offset, text.bytes, 1, of);
      manifest.texts.emplace(name, text);
    }
  }

  // No byte is two things: so what is read is no more than the files hold.
  void check_layout(const Manifest& manifest) const {
    struct Range {
      std::size_t file;
      std::uint64_t begin;
      std::uint64_t end;
      std::string_view name;
    };
    std::vector<Range> ranges;
    const auto add = [&](std::size_t file, std::uint64_t begin, std::uint64_t bytes,
                         std::string_view name) {
      if (bytes > 0) ranges.push_back({file, begin, begin + bytes, name});
    };
    for (const auto& [name, tensor] : manifest.tensors) {
      for (const auto& slice : tensor.slices) {
        add(slice.file, slice.offset,
            static_cast<std::uint64_t>(count_of(slice.elements)) * size_of(tensor.dtype), name);
      }
    }
    for (const auto& [name, text] : manifest.texts) add(text.file, text.offset, text.bytes, name);
    std::ranges::sort(ranges, [](const Range& a, const Range& b) {
      return std::pair(a.file, a.begin) < std::pair(b.file, b.begin);
    });
    for (std::size_t i = 1; i < ranges.size(); ++i) {
      if (ranges[i].file == ranges[i - 1].file && ranges[i].begin < ranges[i - 1].end) {
        refuse(cat(quoted(ranges[i].name), " begins within the bytes of ",
                   quoted(ranges[i - 1].name)));
      }
    }
  }

  const fs::path& file_;
  Extent extent_;
  std::map<std::string, std::size_t, std::less<>> file_numbers_;
};

bool is_whole(const CheckpointSlice& slice) {
  return slice.first == 0 && slice.extent == slice.shape && count_of(slice.shape) == slice.last;
}

Json json_of(const Manifest& manifest, const Manifest::Tensor& tensor) {
  Json json{{"dtype", to_string(tensor.dtype)}, {"shape", tensor.shape}, {"slices", Json::array()}};
  for (const auto& slice : tensor.slices) {
    Json one{{"file", manifest.files[slice.file].name}, {"offset", slice.offset}};
    if (!is_whole(slice.elements)) {
      one["begin"] = slice.elements.begin;
      one["extent"] = slice.elements.extent;
      one["first"] = slice.elements.first;
      one["last"] = slice.elements.last;
    }
    json["slices"].push_back(std::move(one));
  }
  return json;
}

// One member a line: people look at it, and it is large.
std::string lines_of(const Json& object) {
  if (object.empty()) return "{}";
  std::string text = "{";
  for (const auto& [name, value] : object.items()) {
    text += cat(text.size() > 1 ? ",\n " : "\n ", Json(name).dump(), ": ", value.dump());
  }
  return text + "\n}";
}

}  // namespace

std::string part_of(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || slash + 1 == name.size()) return "";
  const std::string_view part = name.substr(0, slash);
  return is_part(part) ? std::string(part) : "";
}

std::string part_manifest_name(int rank) {
  return cat("manifest-rank_", rank, ".json");
}

Manifest parse_manifest(std::string_view text, const fs::path& file, Extent extent) {
  return Parser(file, extent).parse(text);
}

Manifest merge(std::vector<Manifest> parts) {
  require(!parts.empty(), "merge: at least one manifest");
  Manifest merged = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    Manifest& part = parts[i];
    const std::size_t first_file = merged.files.size();
    for (Manifest::File& file : part.files) merged.files.push_back(std::move(file));
    for (auto& [name, tensor] : part.tensors) {
      Manifest::Tensor& target = merged.tensors[name];
      require(
          target.slices.empty() || (target.shape == tensor.shape && target.dtype == tensor.dtype),
          cat("the slices of \"", name, "\" must be of one tensor"));
      target.shape = tensor.shape;
      target.dtype = tensor.dtype;
      for (Manifest::Slice& slice : tensor.slices) {
        slice.file += first_file;
        target.slices.push_back(std::move(slice));
      }
    }
    for (auto& [name, text] : part.texts) {
      text.file += first_file;
      merged.texts.emplace(name, text);
    }
  }
  return merged;
}

void require_complete(const Manifest& manifest) {
  for (const auto& [name, tensor] : manifest.tensors) {
    std::int64_t count = 0;
    for (const auto& slice : tensor.slices) count += count_of(slice.elements);
    bool is_complete = count == *count_of(tensor.shape);
    for (std::size_t i = 0; i < tensor.slices.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        intersect(tensor.slices[i].elements, tensor.slices[k].elements,
                  [&](auto, auto, auto) { is_complete = false; });
      }
    }
    require(is_complete, cat("the slices of \"", name, "\" must be all of it, each element once"));
  }
}

std::string manifest_text(const Manifest& manifest) {
  Json files = Json::object();
  for (const auto& file : manifest.files) {
    std::string sums;
    for (const std::uint32_t sum : file.sums) sums += hexadecimal(sum);
    files[file.name] = {{"part", file.part}, {"bytes", file.bytes}, {"crc32c", sums}};
  }
  Json texts = Json::object();
  for (const auto& [name, text] : manifest.texts) {
    texts[name] = {
        {"file", manifest.files[text.file].name}, {"offset", text.offset}, {"bytes", text.bytes}};
  }
  std::string text =
      cat("{\n\"format\": \"", kFormat, "\",\n\"version\": ", kVersion,
          ",\n\"step\": ", manifest.step, ",\n\"time\": ", Json(manifest.time).dump(),
          ",\n\"roux\": ", Json(manifest.roux_version).dump());
  if (manifest.score) text += cat(",\n\"score\": ", Json(*manifest.score).dump());
  text += cat(",\n\"chunk_bytes\": ", manifest.chunk_bytes, ",\n\"files\": ", lines_of(files),
              ",\n\"dropped\": ", Json(manifest.dropped).dump(), ",\n\"tensors\": {");
  bool is_first = true;
  for (const auto& [name, tensor] : manifest.tensors) {
    text += cat(std::exchange(is_first, false) ? "\n " : ",\n ", Json(name).dump(), ": ",
                json_of(manifest, tensor).dump());
  }
  text += cat(manifest.tensors.empty() ? "}" : "\n}", ",\n\"texts\": ", lines_of(texts));
  const std::string sum = hexadecimal(crc32c(text));
  return cat(text, kBeforeSum, sum, kAfterSum);
}

Manifest read_manifest(const fs::path& folder) {
  const fs::path path = folder / kManifestName;
  std::string text;
  try {
    // A pipe would be waited for.
    if (!fs::is_regular_file(path)) throw Error(cat(kManifestName, " is not there"));
    text = read_file(path, kMaxManifestBytes);
  } catch (const InternalError&) {
    throw;
  } catch (const Error& error) {
    throw DataError(cat(folder.string(), ": ", error.what()));
  }
  Manifest manifest = parse_manifest(text, path);
  // The name is what a run goes by.
  const auto step = parse_step(folder.filename().string());
  if (step && *step != manifest.step) {
    throw DataError(cat(path.string(), ": it is of step ", manifest.step,
                        ", but its folder is called ", folder.filename().string()));
  }
  for (const auto& file : manifest.files) {
    const fs::path name = folder / file.name;
    struct stat status {};
    if (::stat(name.c_str(), &status) != 0) {
      throw DataError(cat(name.string(), ": it is missing"));
    }
    if (!S_ISREG(status.st_mode)) throw DataError(cat(name.string(), ": it is no plain file"));
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    if (bytes != file.bytes) {
      throw DataError(cat(name.string(), ": it must have ", file.bytes, " bytes, but has ", bytes,
                          bytes < file.bytes ? ": it was cut short" : ""));
    }
  }
  return manifest;
}

}  // namespace roux::checkpoint
