#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

namespace roux {

// A file that is there as a whole or not at all, whatever happens meanwhile.
//
//   AtomicFile file(path);
//   file.write(head);
//   file.write(body);
//   file.commit();
//
// Bytes go to a temporary file in the same folder (named ".tmp-…"), which commit() makes durable
// and renames to `path`. Destroyed without commit(), or after an Error, it leaves no trace, and the
// file that stood at `path` is untouched. The new file has the old one's permissions, or those of
// any new file. A symbolic link at `path` is replaced, not followed.
//
// All members throw Error, which names the path and the system's reason. One thread at a time.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile();

  // Appends. Nothing is buffered here: hand over large pieces.
  void write(std::string_view bytes);

  // To be called once. If the folder's sync fails, the last step, the new file is already there.
  void commit();

 private:
  class Temporary;
  std::unique_ptr<Temporary> temporary_;
};

}  // namespace roux
