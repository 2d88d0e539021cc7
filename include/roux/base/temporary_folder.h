#pragma once

#include <filesystem>

namespace roux {

// A new empty folder, removed with all that is in it when this goes. Renaming it elsewhere
// (durable_rename) keeps its contents: what is to appear as a whole is first built in one.
class TemporaryFolder {
 public:
  // In the system's folder for such things.
  TemporaryFolder();

  // In `parent`, named ".tmp-…". Throws Error if it can't be made.
  explicit TemporaryFolder(const std::filesystem::path& parent);

  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace roux
