#include "checkpoint/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/sample_run.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_store.h"

namespace roux::checkpoint {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

constexpr int kCases = 3'000;
constexpr int kSlowCases = 200'000;
constexpr std::string_view kSumKey = ",\n\"manifest_crc32c\": \"";

// With the checksum that the changed text should have: what a liar would write.
std::string signed_again(std::string text) {
  const auto at = text.rfind(kSumKey);
  if (at == std::string::npos) return text;
  char sum[9];
  std::snprintf(sum, sizeof(sum), "%08x", crc32c(std::string_view(text).substr(0, at)));
  return text.substr(0, at) + std::string(kSumKey) + sum + "\"\n}\n";
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return signed_again(text.replace(at, from.size(), to));
}

Manifest sample() {
  Manifest manifest{
      .step = 12, .time = "2026-11-21T19:58:32Z", .roux_version = "0.1.0", .score = -0.1};
  manifest.files.push_back({"model.safetensors", "model", 2 * kChunkBytes + 1, {1, 0xffffffff, 3}});
  manifest.files.push_back({"trainer.txt", "trainer", 8, {4}});
  manifest.tensors["model/a \"quoted\" name"] = {DType::BFloat16,
                                                 {3, 4},
                                                 {{0, 100, {{3, 4}, {0, 0}, {3, 2}, 0, 6}},
                                                  {0, 112, {{3, 4}, {0, 2}, {3, 2}, 0, 5}},
                                                  {0, 122, {{3, 4}, {0, 2}, {3, 2}, 5, 6}}}};
  manifest.tensors["model/b"] = {DType::Float32, {}, {{0, 124, {{}, {}, {}, 0, 1}}}};
  manifest.texts["trainer/state.json"] = {1, 0, 8};
  manifest.dropped = {"optimizer.safetensors"};
  return manifest;
}

TEST(Manifest, IsReadBackAsItWasWritten) {
  const std::string text = manifest_text(sample());
  const Manifest read = parse_manifest(text, "manifest.json");

  EXPECT_EQ(manifest_text(read), text);
  EXPECT_EQ(read.step, 12);
  EXPECT_EQ(read.score, -0.1);
  EXPECT_EQ(read.files[0].sums, sample().files[0].sums);
  EXPECT_EQ(read.tensors.at("model/b").slices[0].elements.last, 1);
  EXPECT_EQ(read.tensors.begin()->second.slices[2].elements.first, 5);
}

TEST(Manifest, IsRefusedByItsVersionOrFormat) {
  const std::string text = manifest_text(sample());
  const auto refused = [&](const std::string& from, const std::string& to, const std::string& why) {
    EXPECT_THAT(
        [&] { parse_manifest(with(text, from, to), "there/manifest.json"); },
        ThrowsMessage<DataError>(AllOf(StartsWith("there/manifest.json: "), HasSubstr(why))));
  };
  refused("\"version\": 1", "\"version\": 0", "an older Roux");
  refused("\"version\": 1", "\"version\": 2", "a newer Roux");
  refused("roux-checkpoint", "x-checkpoint", "format must be");
}

TEST(Manifest, ThatLiesIsRefused) {
  const std::string text = manifest_text(sample());
  const auto refused = [&](const std::string& from, const std::string& to, const std::string& why) {
    EXPECT_THAT([&] { parse_manifest(with(text, from, to), "manifest.json"); },
                ThrowsMessage<DataError>(HasSubstr(why)))
        << to;
  };
  for (const char* name : {"../model.safetensors", "/etc/passwd", "..", ".", "", "a/b", ".hidden",
                           "manifest.json", "a\\u0000b"}) {
    refused("\"model.safetensors\": ", cat("\"", name, "\": "), "must be the name of a file");
  }
  refused("[\"optimizer.safetensors\"]", "[\"../../x\"]", "dropped");
  refused("[\"optimizer.safetensors\"]", "[\"trainer.txt\"]", "dropped");
  refused("\"chunk_bytes\": 1048576", "\"chunk_bytes\": 0", "chunk_bytes must be");
  refused("\"chunk_bytes\": 1048576", "\"chunk_bytes\": 1099511627776", "chunk_bytes must be");
  refused("\"bytes\":2097153", "\"bytes\":18446744073709551615", "checksums");
  refused("00000001ffffffff00000003", "00000001ffffffff", "3 checksums");
  refused("00000001ffffffff00000003", "00000001ffffffff0000000g", "hexadecimal");
  refused("\"shape\":[3,4]", "\"shape\":[3,4,4611686018427387904]", "larger than memory");
  refused("\"shape\":[3,4]", "\"shape\":[3,5]", "12 of its 15");
  refused("\"shape\":[3,4]", "\"shape\":[-3,4]", "whole numbers");
  refused("\"dtype\":\"bfloat16\"", "\"dtype\":\"bfloat17\"", "no dtype");
  refused("\"offset\":124", "\"offset\":2097150", "must lie in the 2097153 bytes");
  refused("\"offset\":124", "\"offset\":18446744073709551615", "must lie in the");
  refused("\"offset\":124", "\"offset\":110", "begins within");
  refused("\"last\":6", "\"last\":7", "must lie in its box");
  refused("\"extent\":[3,2]", "\"extent\":[3,9]", "must lie in the tensor's shape");
  refused("\"model/b\"", "\"b\"", "must begin with a part");
  refused("\"file\":\"trainer.txt\"", "\"file\":\"model.safetensors\"", "one of another part");
  refused("\"file\":\"trainer.txt\"", "\"file\":\"other.txt\"", "none of those");
  refused("\"score\": -0.1", "\"score\": \"high\"", "score");
  refused("\"step\": 12", "\"step\": -12", "step must be");
  refused("\"step\": 12", "\"step\": 1.5", "step must be");
}

// A manifest of a real checkpoint, changed in every way that comes to mind. Whatever it says,
// opening and reading the checkpoint ends soon, with a DataError or with what it holds.
class Fuzzer {
 public:
  explicit Fuzzer(std::uint64_t seed) : random_(seed) {}

  std::string damage(std::string text) {
    for (auto i = below(3) + 1; i > 0 && !text.empty(); --i) {
      switch (below(6)) {
        case 0:
          text[below(text.size())] = static_cast<char>(random_());
          break;
        case 1:
          if (below(4) == 0) text.resize(below(text.size()));
          break;
        default:
          change_word(text);
      }
    }
    return below(8) == 0 ? text : signed_again(std::move(text));
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change_word(std::string& text) {
    static const std::vector<std::string> kWords = {"0",
                                                    "1",
                                                    "-1",
                                                    "63",
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
                                                    "\"float32\"",
                                                    "\"uint8\"",
                                                    "\"../x\"",
                                                    "[[[[[[[[",
                                                    "\"\"",
                                                    "4611686018427387904",
                                                    "\"begin\"",
                                                    "\"model.safetensors\"",
                                                    "[0,0]",
                                                    "[]",
                                                    "2560",
                                                    "4294967296",
                                                    "\"data.txt\"",
                                                    "[0,0,0]"};
    std::vector<std::pair<std::size_t, std::size_t>> words;
    for (std::size_t i = 0; i < text.size();) {
      std::size_t length = 1;
      if (std::isdigit(static_cast<unsigned char>(text[i])) != 0) {
        while (std::isdigit(static_cast<unsigned char>(text[i + length])) != 0) ++length;
      } else if (text[i] == '"') {
        const auto end = text.find('"', i + 1);
        if (end != std::string::npos) length = end - i + 1;
      }
      words.emplace_back(i, length);
      i += length;
    }
    const auto [at, length] = words[below(words.size())];
    if (below(3) == 0) {
      const auto [from, count] = words[below(words.size())];
      text.replace(at, length, text.substr(from, count));
    } else {
      text.replace(at, length, kWords[below(kWords.size())]);
    }
  }

  std::mt19937_64 random_;
};

// What went wrong in a way that it must not, or "".
std::string failure_of(const fs::path& folder) {
  try {
    const Checkpoint checkpoint(folder);
    for (const auto& target : targets()) {
      try {
        checkpoint.read({&target, 1});
      } catch (const DataError&) {
      }
    }
  } catch (const DataError& error) {
    const std::string message = error.what();
    if (!message.starts_with(folder.string())) return "names no file: " + message;
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
  {
    CheckpointStore store(folder.path(), {});
    store.save(7, contents_at(7), 0.5);
  }
  const fs::path path = folder.path() / "step_7";
  const std::string whole = read_file(path / kManifestName);
  ASSERT_EQ(failure_of(path), "");
  Fuzzer fuzzer(seed);
  int read = 0;
  for (int i = 0; i < cases; ++i) {
    const std::string text = fuzzer.damage(whole);
    // A new file: to cut one short and fill it again makes some file systems wait for the disk.
    fs::remove(path / kManifestName);
    std::ofstream(path / kManifestName, std::ios::binary) << text;
    ASSERT_EQ(failure_of(path), "") << "case " << i << " of seed " << seed;
    try {
      parse_manifest(text, "manifest.json");
      ++read;
    } catch (const DataError&) {
    }
  }
  // Some of the changes are none that matter, or the fuzzer damages too much to reach anything.
  EXPECT_GT(read, cases / 100);
}

TEST(ManifestFuzz, EndsInDataErrors) {
  expect_refusals(kCases, 1);
}

TEST(SlowManifestFuzz, EndsInDataErrors) {
  expect_refusals(kSlowCases, 2);
}

TEST(ManifestFuzz, ThatIsNestedDeepDoesNotOverflowTheStack) {
  const std::string deep = manifest_text(sample());
  const std::string text =
      with(deep, "\"dropped\": [",
           "\"dropped\": [" + std::string(2'000'000, '[') + std::string(2'000'000, ']') + ",");
  EXPECT_THROW(parse_manifest(text, "manifest.json"), DataError);
}

}  // namespace
}  // namespace roux::checkpoint
