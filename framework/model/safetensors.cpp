#include "roux/model/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "base/posix.h"
#include "model/safetensors_header.h"
#include "model/safetensors_index.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

// One open file.
class File {
 public:
  explicit File(std::filesystem::path path)
      : path_(std::move(path)),
        // A pipe without a writer would be waited for.
        descriptor_(posix::open(path_, O_RDONLY | O_NONBLOCK)) {
    struct stat status {};
    if (!descriptor_.is_open() || fstat(descriptor_.get(), &status) != 0) {
      posix::fail("read", path_, errno);
    }
    if (!S_ISREG(status.st_mode))
      throw ConfigError(cat("cannot read ", path_, ": it is no plain file"));
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  // Returns how many bytes there were: fewer than asked for at the file's end.
  std::size_t read(std::uint64_t offset, std::span<std::byte> target) const {
    std::size_t done = 0;
    while (done < target.size()) {
      const ssize_t count = ::pread(descriptor_.get(), target.data() + done, target.size() - done,
                                    static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) posix::fail("read", path_, errno);
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  std::string read_text(std::uint64_t offset, std::uint64_t size) const {
    std::string text(size, '\0');
    text.resize(read(offset, std::as_writable_bytes(std::span(text))));
    return text;
  }

  std::shared_ptr<std::byte> map() const {
    const std::lock_guard lock(mutex_);
    if (auto mapped = mapping_.lock()) return mapped;
    // Private and writable: whoever writes to such a tensor gets pages of their own, and no crash.
    void* bytes = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
                         descriptor_.get(), 0);
    if (bytes == MAP_FAILED) posix::fail("map", path_, errno);
    std::shared_ptr<std::byte> mapped(static_cast<std::byte*>(bytes),
                                      [size = size_](std::byte* begin) { ::munmap(begin, size); });
    mapping_ = mapped;
    return mapped;
  }

 private:
  std::filesystem::path path_;
  posix::Descriptor descriptor_;
  std::uint64_t size_ = 0;
  mutable std::mutex mutex_;
  mutable std::weak_ptr<std::byte> mapping_;
};

safetensors::Header read_header(const File& file) {
  using safetensors::kPrefixBytes;
  const auto length =
      safetensors::header_length(file.read_text(0, kPrefixBytes), file.size(), file.path());
  const std::string text = file.read_text(kPrefixBytes, length);
  if (text.size() < length) throw DataError(cat(file.path().string(), ": it shrinks while read"));
  return safetensors::parse_header(text, file.size(), file.path());
}

bool is_pickle(const std::filesystem::path& file) {
  const auto extension = file.extension();
  return extension == ".bin" || extension == ".pt" || extension == ".pth";
}

// Of two checkpoints in a folder, the one that the reference libraries take.
std::filesystem::path find_in_folder(const std::filesystem::path& folder) {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json"}) {
    if (std::filesystem::exists(folder / name)) return folder / name;
  }
  std::vector<std::filesystem::path> indices;
  std::vector<std::filesystem::path> files;
  std::vector<std::string> pickles;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    if (name.ends_with(".safetensors.index.json")) indices.push_back(entry.path());
    if (name.ends_with(".safetensors")) files.push_back(entry.path());
    if (is_pickle(name)) pickles.push_back(name);
  }
  if (indices.size() == 1) return indices[0];
  if (indices.empty() && files.size() == 1) return files[0];

  std::vector<std::string> names;
  for (const auto& file : indices.empty() ? files : indices) {
    names.push_back(file.filename().string());
  }
  std::sort(names.begin(), names.end());
  std::sort(pickles.begin(), pickles.end());
  if (!names.empty()) {
    throw ConfigError(cat("cannot tell which checkpoint in ", folder, " is meant: name one of ",
                          join(names, ", ")));
  }
  if (!pickles.empty()) {
    throw ConfigError(cat("no safetensors file is in ", folder, ": ", join(pickles, ", "),
                          " are Python's own format, which is not read here"));
  }
  throw ConfigError(cat("no safetensors file is in ", folder));
}

}  // namespace

struct SafetensorsReader::State {
  std::filesystem::path path;
  std::vector<std::unique_ptr<const File>> files;
  std::vector<std::filesystem::path> paths;
  std::vector<StoredTensor> tensors;
  std::map<std::string, std::string> metadata;

  // Opens one more file and returns what it holds.
  std::vector<StoredTensor> add(const std::filesystem::path& file) {
    auto opened = std::make_unique<const File>(file);
    safetensors::Header header = read_header(*opened);
    for (auto& tensor : header.tensors) tensor.file = files.size();
    metadata.merge(header.metadata);
    files.push_back(std::move(opened));
    paths.push_back(file);
    return std::move(header.tensors);
  }

  void add_indexed(const std::filesystem::path& index_path) {
    const auto index = safetensors::read_index(index_path);
    std::vector<std::string> problems;
    std::map<std::string, std::map<std::string, StoredTensor>> stored;
    for (const auto& name : index.files()) {
      const auto file = index_path.parent_path() / name;
      if (!std::filesystem::exists(file)) {
        problems.push_back(cat("the file ", name, " is not there"));
        continue;
      }
      for (auto& tensor : add(file)) stored[name].emplace(tensor.name, tensor);
    }
    for (const auto& [name, file] : index.weight_map) {
      const auto in_file = stored.find(file);
      if (in_file == stored.end()) continue;
      const auto found = in_file->second.find(name);
      if (found == in_file->second.end()) {
        problems.push_back(cat("tensor \"", name, "\" is not in ", file));
      } else {
        tensors.push_back(std::move(found->second));
        in_file->second.erase(found);
      }
    }
    for (const auto& [file, unnamed] : stored) {
      for (const auto& [name, tensor] : unnamed) {
        problems.push_back(cat(file, " holds tensor \"", name, "\", which it does not name"));
      }
    }
    if (!problems.empty()) {
      throw DataError(
          cat(index_path.string(), " does not fit its files:\n  ", join(problems, "\n  ")));
    }
  }
};

SafetensorsReader::SafetensorsReader(const std::filesystem::path& path) try {
  auto state = std::make_shared<State>();
  state->path = path;
  if (!std::filesystem::exists(path)) posix::fail("read", path, ENOENT);
  const auto file = std::filesystem::is_directory(path) ? find_in_folder(path) : path;
  if (file.extension() == ".json") {
    state->add_indexed(file);
  } else if (is_pickle(file)) {
    throw ConfigError(cat("cannot read ", file, ": ", file.extension().string(),
                          " is Python's own format, which is not read here"));
  } else {
    state->tensors = state->add(file);
  }
  state_ = std::move(state);
} catch (const std::filesystem::filesystem_error& error) {
  posix::fail("read", error.path1(), error.code().value());
}

const std::filesystem::path& SafetensorsReader::path() const {
  return state_->path;
}

std::span<const StoredTensor> SafetensorsReader::tensors() const {
  return state_->tensors;
}

const std::vector<std::filesystem::path>& SafetensorsReader::files() const {
  return state_->paths;
}

const std::filesystem::path& SafetensorsReader::file_of(const StoredTensor& tensor) const {
  return state_->paths.at(tensor.file);
}

const std::map<std::string, std::string>& SafetensorsReader::metadata() const {
  return state_->metadata;
}

const StoredTensor* SafetensorsReader::find(std::string_view name) const {
  const auto& tensors = state_->tensors;
  const auto found =
      std::lower_bound(tensors.begin(), tensors.end(), name,
                       [](const auto& tensor, std::string_view key) { return tensor.name < key; });
  return found != tensors.end() && found->name == name ? &*found : nullptr;
}

const StoredTensor& SafetensorsReader::at(std::string_view name) const {
  if (const auto* found = find(name)) return *found;
  std::vector<std::string> names;
  for (const auto& tensor : state_->tensors) names.push_back(tensor.name);
  throw DataError(
      cat(path().string(), ": holds no tensor \"", name, "\"", did_you_mean(name, names)));
}

void SafetensorsReader::read_bytes(const StoredTensor& tensor, std::uint64_t offset,
                                   std::span<std::byte> target) const {
  require(offset <= tensor.size && target.size() <= tensor.size - offset,
          "SafetensorsReader::read_bytes: the range must lie in the tensor");
  const File& file = *state_->files.at(tensor.file);
  const auto count = file.read(tensor.offset + offset, target);
  if (count < target.size()) {
    throw DataError(cat(file.path().string(), ": tensor \"", tensor.name,
                        "\": the file ends at byte ", tensor.offset + offset + count,
                        ", within its data: it was cut short after it was opened"));
  }
}

std::shared_ptr<std::byte> SafetensorsReader::map_file(const StoredTensor& tensor) const {
  return state_->files.at(tensor.file)->map();
}

bool holds_safetensors(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto is_one = [&](const std::filesystem::path& file) {
    return file.extension() == ".safetensors" && !file.filename().string().starts_with('.') &&
           std::filesystem::is_regular_file(file, ignored);
  };
  if (!std::filesystem::is_directory(path, ignored)) return is_one(path);
  for (const auto& entry : std::filesystem::directory_iterator(path, ignored)) {
    if (is_one(entry.path())) return true;
  }
  return false;
}

}  // namespace roux
