// Safetensors files that are damaged in every way that comes to mind. Whatever is given, opening
// one ends soon, with a DataError that names the file or with tensors that lie in it; never with a
// crash, a hang, or tensors that share bytes.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "model/fixtures.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/model/safetensors.h"

namespace roux {
namespace {

constexpr int kCases = 5'000;
constexpr int kSlowCases = 300'000;

class Fuzzer {
 public:
  explicit Fuzzer(std::uint64_t seed) : random_(seed) {}

  // A damaged copy of `file`.
  std::string damage(std::string file) {
    for (auto i = below(3) + 1; i > 0 && !file.empty(); --i) {
      switch (below(8)) {
        case 0:
          file.resize(below(file.size()));
          break;
        case 1:
          file[below(file.size())] = static_cast<char>(random_());
          break;
        case 2:
          file[below(std::min<std::size_t>(8, file.size()))] = static_cast<char>(random_());
          break;
        case 3:
          file.insert(below(file.size()), std::string(below(20), static_cast<char>(random_())));
          break;
        case 4:
        case 5:
          move_tensor(file);
          break;
        default:
          change_header(file);
      }
    }
    return file;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  // Moves a tensor by a few bytes and leaves its size as it is: into another one, or over the end.
  void move_tensor(std::string& file) {
    const std::string key = "\"data_offsets\":[";
    std::vector<std::size_t> places;
    for (auto at = file.find(key); at != std::string::npos; at = file.find(key, at + 1)) {
      places.push_back(at + key.size());
    }
    if (places.empty()) return;
    const auto at = places[below(places.size())];
    const auto end = file.find(']', at);
    const auto old = file.substr(at, end == std::string::npos ? 0 : end - at);
    int from = 0;
    int to = 0;
    if (std::sscanf(old.c_str(), "%6d,%6d", &from, &to) != 2) return;
    const int by = static_cast<int>(below(33)) - 16;
    std::string moved = cat(from + by, ",", to + by);
    // As long as it was, so that the header's length stays true.
    if (moved.size() < old.size()) moved.append(old.size() - moved.size(), ' ');
    if (moved.size() == old.size()) file.replace(at, old.size(), moved);
    // So that the last tensor may end where the file does.
    if (by < 0 && below(2) == 0) file.resize(file.size() - static_cast<std::size_t>(-by));
  }

  // Changes a word of the header, and mostly makes the length right again: so the damage is seen
  // by what looks at the words.
  void change_header(std::string& file) {
    const auto begin = file.find('{');
    const auto end = file.rfind("}}");
    if (begin != 8 || end == std::string::npos) return;
    static const std::vector<std::string> kWords = {"0",
                                                    "1",
                                                    "-1",
                                                    "8",
                                                    "9223372036854775807",
                                                    "18446744073709551615",
                                                    "1e9",
                                                    "0.5",
                                                    "null",
                                                    "true",
                                                    "[",
                                                    "]",
                                                    "{",
                                                    "}",
                                                    ",",
                                                    ":",
                                                    "\"F32\"",
                                                    "\"BF16\"",
                                                    "\"F4\"",
                                                    "\"dtype\"",
                                                    "\"shape\"",
                                                    "[[[[",
                                                    "\"\"",
                                                    "4611686018427387904",
                                                    "\"__metadata__\"",
                                                    "\"data_offsets\"",
                                                    "[0,0]",
                                                    "[]",
                                                    "\"float32\"",
                                                    "4294967296"};
    std::string header = file.substr(begin, end + 2 - begin);
    std::vector<std::pair<std::size_t, std::size_t>> words;
    for (std::size_t i = 0; i < header.size();) {
      std::size_t length = 1;
      if (std::isdigit(static_cast<unsigned char>(header[i])) != 0) {
        while (std::isdigit(static_cast<unsigned char>(header[i + length])) != 0) ++length;
      } else if (header[i] == '"') {
        length = header.find('"', i + 1) - i + 1;
        if (length > header.size() - i) length = 1;
      }
      words.emplace_back(i, length);
      i += length;
    }
    const auto [at, length] = words[below(words.size())];
    if (below(3) == 0) {
      const auto [from, count] = words[below(words.size())];
      header.replace(at, length, header.substr(from, count));
    } else {
      header.replace(at, length, kWords[below(kWords.size())]);
    }
    file = file.substr(0, begin) + header + file.substr(end + 2);
    if (below(8) != 0) {
      for (std::size_t i = 0; i < 8; ++i) {
        file[i] = static_cast<char>((header.size() >> (8 * i)) & 0xFFU);
      }
    }
  }

  std::mt19937_64 random_;
};

// What went wrong in a way that it must not, or "".
std::string failure_of(const std::filesystem::path& path, std::uint64_t file_size) {
  try {
    const SafetensorsReader reader(path);
    std::vector<char> taken(file_size, 0);
    std::vector<std::byte> bytes;
    for (const auto& tensor : reader.tensors()) {
      if (tensor.offset > file_size || tensor.size > file_size - tensor.offset) {
        return cat("tensor ", tensor.name, " lies outside");
      }
      for (auto i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        if (std::exchange(taken[i], 1) != 0) return cat("byte ", i, " belongs to two tensors");
      }
      if (tensor.dtype &&
          static_cast<std::uint64_t>(tensor.numel()) * size_of(*tensor.dtype) != tensor.size) {
        return cat("tensor ", tensor.name, " has another size than its shape");
      }
      bytes.resize(tensor.size);
      reader.read_bytes(tensor, 0, bytes);
    }
    const std::string prefix = read_file(path).substr(0, 8);
    std::uint64_t begin = 8;  // of the data: they are the tensors', to the last byte
    for (std::size_t i = 0; i < 8; ++i) {
      begin += std::uint64_t{static_cast<unsigned char>(prefix[i])} << (8 * i);
    }
    for (auto i = begin; i < file_size; ++i) {
      if (taken[i] == 0) return cat("byte ", i, " belongs to no tensor");
    }
  } catch (const DataError& error) {
    const std::string message = error.what();
    if (!message.starts_with(path.string() + ": ")) return "names no file: " + message;
    if (message.size() > 1'000) return "is too long: " + message;
    for (const char c : message) {
      if (static_cast<unsigned char>(c) < ' ') return "is not on one line: " + message;
    }
  } catch (const std::exception& error) {
    return cat("is no DataError: ", error.what());
  }
  return "";
}

void expect_refusals(int cases, std::uint64_t seed) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x.safetensors";
  const std::string whole = read_file(fixture("all_dtypes.safetensors"));
  ASSERT_EQ(failure_of(fixture("all_dtypes.safetensors"), whole.size()), "");
  Fuzzer fuzzer(seed);

  for (int i = 0; i < cases; ++i) {
    const std::string file = fuzzer.damage(whole);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << file;
    ASSERT_EQ(failure_of(path, file.size()), "") << "case " << i << " of seed " << seed;
  }
}

TEST(SafetensorsFuzz, RefusesDamagedFiles) {
  expect_refusals(kCases, 1);
}

TEST(SlowSafetensorsFuzz, RefusesDamagedFiles) {
  expect_refusals(kSlowCases, 2);
}

TEST(SafetensorsFuzz, RefusesAFileCutAtEveryByte) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x.safetensors";
  const std::string whole = read_file(fixture("all_dtypes.safetensors"));

  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    EXPECT_THROW(SafetensorsReader reader(path), DataError) << size << " bytes";
    EXPECT_EQ(failure_of(path, size), "");
  }
}

}  // namespace
}  // namespace roux
