// How fast texts become batches: one measurement a run, printed as JSON, so that `tools/bench data`
// can take turns with the programs of others.
//
//   datasets_bench pack SOURCE TOKENIZER THREADS [in_order|best]   JSONL, or a folder of tokens
//   datasets_bench memcpy BYTES                                    for comparison
//   datasets_bench read FOLDER                                     the disk, for comparison
//   datasets_bench forget FOLDER         its files lie on the disk alone: what follows reads it
//   cold

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/data/pack.h"
#include "roux/data/pipeline.h"
#include "roux/data/recycled_memory.h"
#include "roux/data/shard_reader.h"
#include "roux/datasets/text_dataset.h"
#include "roux/tokenizer/load.h"

namespace roux::datasets {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kBatchTokens = 2048;
constexpr std::int64_t kShards = 64;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::int64_t peak_bytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

void pack(const std::string& source, const std::string& tokenizer, int threads,
          const std::string& fit) {
  const TextDatasetConfig config{.sources = {{source}}};
  const auto dataset =
      open_text_dataset(config, load_tokenizer(tokenizer), RandomStream(1, "bench"));
  data::RecycledMemory memory;
  const data::PackOptions options{
      .max_num_tokens = kBatchTokens,
      .fit = fit == "best" ? data::PackFit::Best : data::PackFit::InOrder,
      .memory = &memory};
  const auto open = [&](std::int64_t shard) {
    return data::Pipeline(dataset->open(Split::Train, shard, kShards))
        .then<data::Pack>(options)
        .stream();
  };

  ThreadPool pool({.num_threads = threads});
  const auto start = Clock::now();
  data::ShardReader<data::PackedBatch> reader({.num_shards = kShards, .batches_per_step = 1}, open,
                                              pool, 16 * threads);
  std::int64_t batches = 0;
  std::int64_t tokens = 0;
  double first = 0.0;
  while (!reader.ended()) {
    for (const data::PackedBatch& batch : reader.next_step()) {
      if (batches++ == 0) first = seconds_since(start);
      tokens += batch.num_targets;
    }
  }
  const double seconds = seconds_since(start);
  std::cout << "{\"seconds\": " << seconds << ", \"first_batch\": " << first
            << ", \"batches\": " << batches << ", \"tokens\": " << tokens << ", \"used\": "
            << static_cast<double>(tokens) / static_cast<double>(batches * kBatchTokens)
            << ", \"bytes_written\": " << batches * kBatchTokens * 3 * 8
            << ", \"peak_bytes\": " << peak_bytes() << "}\n";
}

// From one large buffer into another, as large as the largest cache many times over.
void copy(std::size_t bytes) {
  std::vector<char> from(bytes, 1);
  std::vector<char> to(bytes, 2);
  const auto start = Clock::now();
  constexpr int kTimes = 5;
  for (int i = 0; i < kTimes; ++i) {
    std::memcpy(to.data(), from.data(), bytes);
    from[static_cast<std::size_t>(i)] = to[bytes - 1];
  }
  const double seconds = seconds_since(start) / kTimes;
  std::cout << "{\"seconds\": " << seconds << ", \"bytes_written\": " << bytes << "}\n";
}

template <typename F>
void each_file(const std::string& folder, F visit) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const int file = ::open(entry.path().c_str(), O_RDONLY);
    if (file < 0) throw Error(cat("cannot open ", entry.path()));
    visit(file);
    ::close(file);
  }
}

void forget(const std::string& folder) {
  each_file(folder, [](int file) {
    ::fdatasync(file);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  });
}

void read(const std::string& folder) {
  std::vector<char> buffer(4 << 20);
  std::int64_t bytes = 0;
  const auto start = Clock::now();
  each_file(folder, [&](int file) {
    ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
    for (ssize_t got = 1; got > 0; bytes += got) got = ::read(file, buffer.data(), buffer.size());
  });
  std::cout << "{\"seconds\": " << seconds_since(start) << ", \"bytes_read\": " << bytes << "}\n";
}

}  // namespace
}  // namespace roux::datasets

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() >= 4 && words[0] == "pack") {
      roux::datasets::pack(words[1], words[2], std::stoi(words[3]),
                           words.size() > 4 ? words[4] : "in_order");
    } else if (words.size() == 2 && words[0] == "memcpy") {
      roux::datasets::copy(std::stoull(words[1]));
    } else if (words.size() == 2 && words[0] == "read") {
      roux::datasets::read(words[1]);
    } else if (words.size() == 2 && words[0] == "forget") {
      roux::datasets::forget(words[1]);
    } else {
      std::cerr << "usage: datasets_bench pack SOURCE TOKENIZER THREADS [in_order|best]\n"
                   "       datasets_bench memcpy BYTES | read FOLDER | forget FOLDER\n";
      return 2;
    }
  } catch (const roux::Error& error) {
    std::cerr << "datasets_bench: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
