#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

namespace roux {

// All of these throw Error, which names the path and the system's reason.

// The bytes of a file, a pipe or a device. A folder, or more than `max_bytes`, is an Error.
std::string read_file(const std::filesystem::path& path,
                      std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max());

// Replaces the file at `path` by `bytes`, atomically and durably: see atomic_file.h.
void write_file(const std::filesystem::path& path, std::string_view bytes);

// Renames a file or a folder and returns when the new name is on the disk. What is inside must be
// there already (AtomicFile sees to that for each file). Replaces a file or an empty folder.
void durable_rename(const std::filesystem::path& from, const std::filesystem::path& to);

// Returns when the names of the files in `folder` are on the disk.
void sync_folder(const std::filesystem::path& folder);

}  // namespace roux
