// The rate of reading files, in bytes of text. The files are made for the run, in the folder for
// temporary ones, and read warm.

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "data/test_files.h"
#include "roux/base/temporary_folder.h"
#include "roux/data/jsonl.h"
#include "roux/data/lines.h"

namespace roux::data {
namespace {

constexpr std::size_t kTextBytes = std::size_t{256} << 20;

// Lines of 1 to 4 KB: words, some of which need escapes.
std::string json_lines() {
  constexpr const char* kWords[] = {"the",        "river",  "of",   "a",
                                    "kept ",      "\\n",    "town", "that",
                                    "\\\"so\\\"", "before", "he",   "\xc3\xa4lter"};
  std::string text;
  for (std::uint32_t random = 1, line = 0; text.size() < kTextBytes; ++line) {
    const std::size_t length = 1000 + (line * 7919) % 3000;
    text += "{\"id\": " + std::to_string(line) + ", \"source\": \"web\", \"text\": \"";
    for (const std::size_t begin = text.size(); text.size() < begin + length;) {
      random = random * 1664525 + 1013904223;
      // Escapes are rare in prose: a line end each 200 letters or so.
      const std::uint32_t word = random >> 8;
      text += kWords[word % 97 < 2 ? 5 + 3 * (word % 2) : (word >> 7) % 5];
      text += ' ';
    }
    text += "\", \"meta\": {\"url\": \"https://example.org/a/b\", \"score\": 0.25}}\n";
  }
  return text;
}

struct Files {
  TemporaryFolder folder;
  std::filesystem::path plain = folder.path() / "plain.jsonl";
  std::filesystem::path zstd_packed = folder.path() / "packed.jsonl.zst";
  std::filesystem::path gzip_packed = folder.path() / "packed.jsonl.gz";
  std::int64_t bytes = 0;

  Files() {
    const std::string text = json_lines();
    bytes = static_cast<std::int64_t>(text.size());
    put_file(plain, text);
    put_file(zstd_packed, zstd(text));
    put_file(gzip_packed, gzip(text));
  }
  static const Files& get() {
    static const Files files;
    return files;
  }
};

void count(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * Files::get().bytes);
}

// What reading costs at the least: into a buffer that stays in the cache.
void read_bytes(benchmark::State& state, const std::filesystem::path& path) {
  std::string buffer(256 * 1024, '\0');
  for (auto _ : state) {
    const auto source = open_bytes(path);
    while (source->read(buffer) > 0) benchmark::DoNotOptimize(buffer.data());
  }
  count(state);
}
BENCHMARK_CAPTURE(read_bytes, plain, Files::get().plain)->UseRealTime();
BENCHMARK_CAPTURE(read_bytes, zstd, Files::get().zstd_packed)->UseRealTime();
BENCHMARK_CAPTURE(read_bytes, gzip, Files::get().gzip_packed)->UseRealTime();

// The same, with the search for line ends that `wc -l` does.
void count_lines(benchmark::State& state) {
  std::string buffer(256 * 1024, '\0');
  for (auto _ : state) {
    const auto source = open_bytes(Files::get().plain);
    std::int64_t lines = 0;
    while (const std::size_t size = source->read(buffer)) {
      const char* const end = buffer.data() + size;
      const char* at = buffer.data();
      while ((at = static_cast<const char*>(
                  std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
        ++lines;
        ++at;
      }
    }
    benchmark::DoNotOptimize(lines);
  }
  count(state);
}
BENCHMARK(count_lines)->UseRealTime();

void read_lines(benchmark::State& state, const std::filesystem::path& path) {
  for (auto _ : state) {
    ReadLines lines(whole_file(path));
    while (const auto line = lines.next()) benchmark::DoNotOptimize(line->text.data());
  }
  count(state);
}
BENCHMARK_CAPTURE(read_lines, plain, Files::get().plain)->UseRealTime();
BENCHMARK_CAPTURE(read_lines, zstd, Files::get().zstd_packed)->UseRealTime();
BENCHMARK_CAPTURE(read_lines, gzip, Files::get().gzip_packed)->UseRealTime();

void parse_lines(benchmark::State& state) {
  std::vector<Line> some;
  std::int64_t bytes = 0;
  ReadLines lines(whole_file(Files::get().plain));
  while (some.size() < 1000) {
    some.push_back(*lines.next());
    bytes += static_cast<std::int64_t>(some.back().text.size());
  }
  const JsonText parse("text");
  std::string text;
  for (auto _ : state) {
    for (const Line& line : some) {
      parse.read(line, text);
      benchmark::DoNotOptimize(text.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * bytes);
}
BENCHMARK(parse_lines)->UseRealTime();

void read_and_parse(benchmark::State& state) {
  const JsonText parse("text");
  std::string text;
  for (auto _ : state) {
    ReadLines lines(whole_file(Files::get().plain));
    while (const auto line = lines.next()) {
      parse.read(*line, text);
      benchmark::DoNotOptimize(text.data());
    }
  }
  count(state);
}
BENCHMARK(read_and_parse)->UseRealTime();

}  // namespace
}  // namespace roux::data
