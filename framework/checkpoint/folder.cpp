#include "checkpoint/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/posix.h"
#include "checkpoint/manifest.h"
#include "roux/base/error.h"
#include "roux/base/file_lock.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/base/strings.h"
#include "roux/checkpoint/checkpoint_folder.h"

namespace roux::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporary = ".tmp-";
constexpr std::string_view kRemoved = ".removed-";
constexpr std::string_view kReplaced = ".replaced-";

fs::path with_prefix(const fs::path& folder, std::string_view prefix, std::int64_t step) {
  return folder / cat(prefix, "step_", step);
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) posix::fail("remove", path, error.value());
}

// True if both names now mean what the other meant; false where the file system can't do that.
bool exchange(const fs::path& a, const fs::path& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return false;
  posix::fail(cat("rename ", a, " to"), b, errno);
}

// What a manifest says was dropped, and what a rewriting of it left.
void clean_up_inside(const fs::path& checkpoint) {
  std::vector<std::string> dropped;
  try {
    dropped = read_manifest(checkpoint).dropped;
  } catch (const DataError&) {
    return;  // broken: nothing of it is touched
  }
  std::error_code ignored;
  for (const std::string& name : dropped) fs::remove(checkpoint / name, ignored);
  for (const auto& entry : fs::directory_iterator(checkpoint, ignored)) {
    if (entry.path().filename().string().starts_with(kTemporary)) {
      fs::remove(entry.path(), ignored);
    }
  }
}

void clean_up_entry(const fs::path& path) {
  const std::string name = path.filename().string();
  const auto is_of = [&](std::string_view prefix) {
    return name.starts_with(prefix) && parse_step(name.substr(prefix.size()));
  };
  if (is_of(kReplaced)) {
    const fs::path place = path.parent_path() / name.substr(kReplaced.size());
    if (fs::exists(place)) {
      remove_tree(path);
    } else {
      durable_rename(path, place);
    }
  } else if (is_of(kTemporary) || is_of(kRemoved)) {
    remove_tree(path);
  } else if (parse_step(name) && fs::is_directory(path)) {
    clean_up_inside(path);
  }
}

}  // namespace

fs::path folder_of(const fs::path& folder, std::int64_t step) {
  return with_prefix(folder, "", step);
}

fs::path temporary_of(const fs::path& folder, std::int64_t step) {
  return with_prefix(folder, kTemporary, step);
}

std::optional<std::int64_t> parse_step(const std::string& name) {
  constexpr std::string_view kBegin = "step_";
  if (!name.starts_with(kBegin)) return std::nullopt;
  const std::string_view digits = std::string_view(name).substr(kBegin.size());
  const auto step = parse_integer(digits);
  // One spelling a step: "step_007" is somebody else's.
  return step && *step >= 0 && cat(*step) == digits ? step : std::nullopt;
}

void clean_up(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  for (const fs::path& path : paths) {
    try {
      clean_up_entry(path);
    } catch (const Error& error) {
      log_warning(error.what());  // a run can go on beside it
    }
  }
}

void put_in_place(const fs::path& folder, std::int64_t step) {
  const fs::path temporary = temporary_of(folder, step);
  const fs::path place = folder_of(folder, step);
  if (!fs::exists(fs::symlink_status(place))) {
    durable_rename(temporary, place);
    return;
  }
  if (!fs::is_directory(place)) {
    throw Error(cat("cannot put a checkpoint at ", place, ": a file is in the way"));
  }
  sync_folder(temporary);
  if (!exchange(temporary, place)) {
    const fs::path replaced = with_prefix(folder, kReplaced, step);
    remove_tree(replaced);
    durable_rename(place, replaced);
    durable_rename(temporary, place);
    remove_tree(replaced);
    return;
  }
  sync_folder(folder);
  remove_tree(temporary);  // the former one
}

void remove_step(const fs::path& folder, std::int64_t step) {
  const fs::path removed = with_prefix(folder, kRemoved, step);
  remove_tree(removed);
  // Durably, so that no crash of the machine shows the folder again with half of its files.
  durable_rename(folder_of(folder, step), removed);
  remove_tree(removed);
}

void keep_model_only(const fs::path& folder, std::int64_t step) {
  const fs::path checkpoint = folder_of(folder, step);
  const Manifest all = read_manifest(checkpoint);
  Manifest model = all;
  model.files.clear();
  std::map<std::size_t, std::size_t> numbers;
  for (std::size_t i = 0; i < all.files.size(); ++i) {
    if (all.files[i].part == "model") {
      numbers[i] = model.files.size();
      model.files.push_back(all.files[i]);
    } else {
      model.dropped.push_back(all.files[i].name);
    }
  }
  if (model.files.empty() || model.files.size() == all.files.size()) return;
  std::erase_if(model.tensors, [](const auto& each) { return part_of(each.first) != "model"; });
  std::erase_if(model.texts, [](const auto& each) { return part_of(each.first) != "model"; });
  for (auto& [name, tensor] : model.tensors) {
    for (auto& slice : tensor.slices) slice.file = numbers.at(slice.file);
  }
  for (auto& [name, text] : model.texts) text.file = numbers.at(text.file);

  write_file(checkpoint / kManifestName, manifest_text(model));
  for (const std::string& name : model.dropped) {
    std::error_code error;
    fs::remove(checkpoint / name, error);
    if (error) posix::fail("remove", checkpoint / name, error.value());
  }
}

}  // namespace roux::checkpoint

namespace roux {

std::map<std::int64_t, std::filesystem::path> list_checkpoints(
    const std::filesystem::path& folder) try {
  std::map<std::int64_t, std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto step = checkpoint::parse_step(entry.path().filename().string());
    if (step && entry.is_directory()) found.emplace(*step, entry.path());
  }
  return found;
} catch (const std::filesystem::filesystem_error& error) {
  posix::fail("read", folder, error.code().value());
}

void remove_checkpoint(const std::filesystem::path& checkpoint) {
  const auto path = std::filesystem::absolute(checkpoint).lexically_normal();
  const auto place = path.has_filename() ? path : path.parent_path();
  const auto step = checkpoint::parse_step(place.filename().string());
  if (!step || !std::filesystem::is_directory(place)) {
    throw ConfigError(cat(checkpoint.string(), " must be the folder of a checkpoint, step_N"));
  }
  const auto folder = place.parent_path();
  const auto lock = FileLock::try_lock(folder / checkpoint::kLockName);
  if (!lock) {
    throw ConfigError(cat("cannot remove ", checkpoint.string(), ": the run that writes there (",
                          FileLock::holder(folder / checkpoint::kLockName), ") goes on"));
  }
  checkpoint::remove_step(folder, *step);
}

}  // namespace roux
