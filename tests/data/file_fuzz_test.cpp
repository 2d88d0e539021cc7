// Files that something has damaged: whatever is in them, reading ends, with lines or with a
// DataError that names the file, and is the same from every place.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/test_files.h"
#include "roux/base/error.h"
#include "roux/base/random.h"
#include "roux/base/temporary_folder.h"
#include "roux/data/jsonl.h"
#include "roux/data/lines.h"

namespace roux::data {
namespace {

using Random = RandomStream;

std::size_t below(Random& random, std::size_t count) {
  return static_cast<std::size_t>(random.uniform_int(count));
}

// One to three accidents.
std::string damaged(std::string bytes, Random& random) {
  for (std::size_t left = 1 + below(random, 3); left > 0 && !bytes.empty(); --left) {
    const std::size_t at = below(random, bytes.size());
    const std::size_t some = 1 + below(random, 20);
    switch (below(random, 5)) {
      case 0:
        bytes[at] = static_cast<char>(below(random, 256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8)));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.erase(at, some);
        break;
      case 4:
        bytes.insert(below(random, bytes.size()), bytes.substr(at, some));
        break;
    }
  }
  return bytes;
}

std::string some_lines(Random& random) {
  std::string text;
  for (std::size_t left = below(random, 40); left > 0; --left) {
    text.append(below(random, 4) == 0 ? 3000 : below(random, 90), static_cast<char>('a' + left));
    text += below(random, 3) == 0 ? "\r\n" : "\n";
  }
  return text;
}

struct Read {
  std::vector<std::string> examples;  // an error counts as one
  std::vector<Bookmark> places;       // behind each, and before the first
  bool broken = false;
};

Read read(ReadLines& lines, const std::string& path) {
  Read all;
  all.places.push_back(save(lines));
  for (bool more = true; more;) {
    try {
      const auto line = lines.next();
      more = line.has_value();
      if (line) all.examples.push_back(describe(line->where) + ' ' + line->text);
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
      all.examples.emplace_back(error.what());
      all.broken = true;
    }
    all.places.push_back(save(lines));
  }
  return all;
}

void fuzz_files(std::uint64_t seed, int rounds) {
  const TemporaryFolder folder;
  Random random(seed, "files");
  for (int round = 0; round < rounds; ++round) {
    const std::string text = some_lines(random);
    const bool is_gzip = round % 2 == 0;
    std::string packed = is_gzip ? gzip(text) : zstd(text);
    if (below(random, 2) == 0) packed += is_gzip ? gzip(text) : zstd(text);
    const std::string bytes = damaged(packed, random);
    const std::filesystem::path path = folder.path() / (is_gzip ? "file.gz" : "file.zst");
    put_file(path, bytes);
    FilePart part;
    try {
      part = whole_file(path);
    } catch (const DataError&) {  // its first bytes are damaged
      continue;
    }
    ReadLines lines(part, {.max_line_bytes = 2000});
    const Read first = read(lines, path.string());
    const std::size_t from = below(random, first.places.size());
    load(lines, first.places[from]);
    const Read again = read(lines, path.string());
    const std::size_t given = std::min(from, first.examples.size());
    ASSERT_TRUE(std::equal(again.examples.begin(), again.examples.end(),
                           first.examples.begin() + static_cast<std::ptrdiff_t>(given),
                           first.examples.end()))
        << "seed " << seed << ", round " << round << ", from " << first.places[from].text();
  }
}

// A checksum is there to be believed: with one byte changed there is an error, or the very text.
void fuzz_bytes(std::uint64_t seed, int rounds) {
  const TemporaryFolder folder;
  Random random(seed, "bytes");
  const std::filesystem::path path = folder.path() / "file";
  std::string piece(10'000, '\0');
  for (int round = 0; round < rounds; ++round) {
    const std::string text = some_lines(random);
    std::string packed = round % 2 == 0 ? gzip(text) : zstd(text);
    const std::size_t at = 4 + below(random, packed.size() - 4);
    packed[at] = static_cast<char>(packed[at] ^ (1 + below(random, 255)));
    put_file(path, packed);
    try {
      const auto source = open_bytes(path);
      std::string found;
      while (const std::size_t size = source->read(piece)) found.append(piece, 0, size);
      ASSERT_TRUE(found == text) << "seed " << seed << ", round " << round << ", byte " << at;
    } catch (const DataError&) {
    }
  }
}

std::string some_json(Random& random) {
  constexpr const char* kValues[] = {"1",
                                     "-2.5e3",
                                     "true",
                                     "null",
                                     R"("a\n\"b\\")",
                                     R"("\u00e4\ud83d\ude00")",
                                     "[]",
                                     "[1,{}]",
                                     R"({"text":"x"})",
                                     "\"\xc3\xa4 \xe2\x82\xac\"",
                                     R"("")"};
  constexpr const char* kNames[] = {"text", "id", "te\\u0078t", "", "a b"};
  std::string line = "{";
  for (std::size_t i = below(random, 5); i > 0; --i) {
    line += cat('"', kNames[below(random, 5)], "\": ", kValues[below(random, 11)], ", ");
  }
  return line + R"("text": )" + kValues[4 + below(random, 2)] + "}";
}

// What the reference takes for JSON is read as the reference reads it; and what comes out of a line
// is always a text.
void fuzz_json(std::uint64_t seed, int rounds) {
  const TemporaryFolder folder;
  put_file(folder.path() / "file", "{}");
  const FilePart part = whole_file(folder.path() / "file");
  const JsonText parse("text");
  Random random(seed, "json");
  int good = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string text = some_json(random);
    if (below(random, 4) != 0) text = damaged(std::move(text), random);
    const Line line{.text = text, .where = {.file = part.file}};
    int times = 0;
    const auto count = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& key) {
      if (event == nlohmann::json::parse_event_t::key && depth == 1 && key == "text") ++times;
      return true;
    };
    const auto expected = nlohmann::json::parse(text, count, /*allow_exceptions=*/false);
    const bool is_good = expected.is_object() && times == 1 && expected["text"].is_string();
    try {
      const std::string found = parse(line);
      ASSERT_EQ(found, is_good ? expected["text"].get<std::string>() : found) << text;
      nlohmann::json(found).dump();  // throws unless it is UTF-8
      ++good;
    } catch (const DataError& error) {
      const std::string what = error.what();
      ASSERT_TRUE(what.starts_with(part.file->path().string() + ":1 (byte 0): ")) << what;
      ASSERT_TRUE(!is_good) << what << "\n" << text;
    }
  }
  EXPECT_GT(good, rounds / 10);
}

TEST(FileFuzz, ReadingEndsAndIsTheSameFromEveryPlace) {
  fuzz_files(1, 300);
}
TEST(FileFuzz, WhatIsNotRefusedIsTheVeryText) {
  fuzz_bytes(1, 300);
}
TEST(FileFuzz, JsonIsReadAsTheReferenceReadsIt) {
  fuzz_json(1, 5000);
}

TEST(SlowFileFuzz, ReadingEndsAndIsTheSameFromEveryPlace) {
  for (std::uint64_t seed = 2; seed < 42; ++seed) fuzz_files(seed, 2000);
}
TEST(SlowFileFuzz, WhatIsNotRefusedIsTheVeryText) {
  for (std::uint64_t seed = 2; seed < 42; ++seed) fuzz_bytes(seed, 2000);
}
TEST(SlowFileFuzz, JsonIsReadAsTheReferenceReadsIt) {
  for (std::uint64_t seed = 2; seed < 42; ++seed) fuzz_json(seed, 100'000);
}

}  // namespace
}  // namespace roux::data
