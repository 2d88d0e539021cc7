#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/posix.h"

namespace roux {

// What the file recorders share: text of one line a record that is appended to, and cut back when a
// run goes on. One thread at a time; all of it throws Error, which names the path.

// `folder`/valid/NAME`extension` for "valid/NAME". A name can't lead out of the folder: what is
// neither a letter, a digit nor one of "._-" becomes '_'.
std::filesystem::path file_of_category(const std::filesystem::path& folder,
                                       std::string_view category, std::string_view extension);

// The files below `folder` whose names end in `extension`, in the order of their names; none if it
// is not there.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder,
                                               std::string_view extension);

// The step of a line, or nothing if it is not one of ours.
using StepOfLine = std::function<std::optional<std::int64_t>(std::string_view line)>;

// Cuts off the lines at the end that belong to steps after `last`, or that are torn or damaged, as
// a fallen machine leaves them; with no `last`, all lines. The first `head` bytes stay. Steps grow
// from line to line, so the file is read from its end; the cut is one truncation.
void cut_lines(const std::filesystem::path& file, std::optional<std::int64_t> last,
               std::uint64_t head, const StepOfLine& step_of);

// A file at whose end lines are put. Each goes to the system at once.
class LineFile {
 public:
  // Makes the file, and the folders it lies in.
  explicit LineFile(std::filesystem::path path);

  void append(std::string_view bytes);

  // On the disk from here on.
  void sync();

 private:
  std::filesystem::path path_;
  posix::Descriptor file_;
  bool changed_ = false;
};

// The shortest decimal that reads back the same; whole numbers without an exponent. Requires:
// finite.
std::string exact_number(double value);

}  // namespace roux
