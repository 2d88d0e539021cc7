#include "checkpoint/chunks.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>

#include "base/posix.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/base/thread_pool.h"

namespace roux::checkpoint {
namespace {

namespace fs = std::filesystem;

// Beside the caller's. Waiting for a disk takes more threads than cores.
constexpr int kThreads = 7;

// A checkpoint of many ranks has more files than a process may open.
constexpr std::size_t kMostOpen = 64;

class ChunkFile {
 public:
  ChunkFile(const fs::path& folder, const Manifest& manifest, std::size_t number)
      : path_(folder / manifest.files[number].name),
        file_(manifest.files[number]),
        chunk_bytes_(manifest.chunk_bytes),
        // A pipe without a writer would be waited for.
        descriptor_(posix::open(path_, O_RDONLY | O_NONBLOCK)) {
    if (descriptor_.is_open()) return;
    if (errno == ENOENT) throw DataError(cat(path_.string(), ": it is not there any more"));
    posix::fail("read", path_, errno);
  }

  std::uint64_t begin_of(std::size_t chunk) const { return chunk * chunk_bytes_; }
  std::size_t size_of(std::size_t chunk) const {
    return static_cast<std::size_t>(std::min(chunk_bytes_, file_.bytes - begin_of(chunk)));
  }

  // Fills `bytes`, which is as long as the chunk.
  void read(std::size_t chunk, std::span<std::byte> bytes) const {
    const std::uint64_t begin = begin_of(chunk);
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t count = ::pread(descriptor_.get(), bytes.data() + done, bytes.size() - done,
                                    static_cast<off_t>(begin + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) posix::fail("read", path_, errno);
      if (count == 0) {
        throw DataError(cat(path_.string(), ": it ends at byte ", begin + done, ", and must have ",
                            file_.bytes, ": it was cut short"));
      }
      done += static_cast<std::size_t>(count);
    }
    if (crc32c(bytes) != file_.sums[chunk]) {
      throw DataError(cat(path_.string(), ": its bytes from ", begin, " to ",
                          begin + bytes.size() - 1,
                          " are not those that were written: their checksum is wrong"));
    }
  }

 private:
  fs::path path_;
  const Manifest::File& file_;
  std::uint64_t chunk_bytes_;
  posix::Descriptor descriptor_;
};

// Where a thread reads what does not go to its target as it lies.
std::span<std::byte> scratch(std::size_t bytes) {
  thread_local std::vector<std::byte> memory;
  if (memory.size() < bytes) memory.resize(bytes);
  return {memory.data(), bytes};
}

struct Task {
  std::size_t file = 0;
  std::size_t chunk = 0;
  std::vector<Wanted> wanted;  // all in this chunk
};

// Cut at the borders of the chunks, and put together by them.
std::vector<Task> tasks_of(const Manifest& manifest, const std::vector<Wanted>& wanted) {
  const std::uint64_t chunk_bytes = manifest.chunk_bytes;
  std::vector<Wanted> cut;
  for (Wanted rest : wanted) {
    while (rest.bytes > 0) {
      Wanted piece = rest;
      piece.bytes = std::min(rest.bytes, chunk_bytes - rest.offset % chunk_bytes);
      cut.push_back(piece);
      rest.offset += piece.bytes;
      rest.bytes -= piece.bytes;
      rest.target += piece.bytes;
    }
  }
  std::ranges::sort(cut, [](const Wanted& a, const Wanted& b) {
    return std::pair(a.file, a.offset) < std::pair(b.file, b.offset);
  });
  std::vector<Task> tasks;
  for (const Wanted& piece : cut) {
    const auto chunk = static_cast<std::size_t>(piece.offset / chunk_bytes);
    if (tasks.empty() || tasks.back().file != piece.file || tasks.back().chunk != chunk) {
      tasks.push_back({piece.file, chunk, {}});
    }
    tasks.back().wanted.push_back(piece);
  }
  return tasks;
}

void run(const ChunkFile& file, const Task& task) {
  const std::size_t size = file.size_of(task.chunk);
  const Wanted& first = task.wanted.front();
  if (task.wanted.size() == 1 && first.bytes == size) {
    file.read(task.chunk, {first.target, size});
    return;
  }
  const auto bytes = scratch(size);
  file.read(task.chunk, bytes);
  for (const Wanted& piece : task.wanted) {
    const auto from = static_cast<std::size_t>(piece.offset - file.begin_of(task.chunk));
    std::memcpy(piece.target, bytes.data() + from, static_cast<std::size_t>(piece.bytes));
  }
}

// Calls `work` for tasks that are sorted by their files, with few of them open at a time.
void for_each(const fs::path& folder, const Manifest& manifest, const std::vector<Task>& tasks,
              const std::function<void(const ChunkFile&, const Task&)>& work) {
  std::optional<ThreadPool> threads;
  for (std::size_t begin = 0; begin < tasks.size();) {
    std::map<std::size_t, ChunkFile> open;
    std::size_t end = begin;
    for (; end < tasks.size(); ++end) {
      const std::size_t file = tasks[end].file;
      if (open.contains(file)) continue;
      if (open.size() == kMostOpen) break;
      open.try_emplace(file, folder, manifest, file);
    }
    const auto part = [&](std::int64_t first, std::int64_t last) {
      for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
        work(open.at(tasks[i].file), tasks[i]);
      }
    };
    const auto count = static_cast<std::int64_t>(end - begin);
    if (count > 1) {
      if (!threads) threads.emplace(ThreadPoolConfig{.num_threads = kThreads, .name = "load"});
      threads->parallel_for(static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end), 1,
                            part);
    } else {
      part(static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end));
    }
    begin = end;
  }
}

}  // namespace

void read_wanted(const fs::path& folder, const Manifest& manifest,
                 const std::vector<Wanted>& wanted) {
  for_each(folder, manifest, tasks_of(manifest, wanted), run);
}

std::vector<std::string> find_damage(const fs::path& folder, const Manifest& manifest) {
  std::vector<std::string> damage;
  for (std::size_t number = 0; number < manifest.files.size(); ++number) {
    std::vector<Task> tasks;
    for (std::size_t chunk = 0; chunk < manifest.files[number].sums.size(); ++chunk) {
      tasks.push_back({number, chunk, {}});
    }
    try {
      for_each(folder, manifest, tasks, [](const ChunkFile& file, const Task& task) {
        file.read(task.chunk, scratch(file.size_of(task.chunk)));
      });
    } catch (const InternalError&) {
      throw;
    } catch (const Error& error) {
      damage.emplace_back(error.what());
    }
  }
  return damage;
}

}  // namespace roux::checkpoint
