#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace roux::tool {

enum class TextFormat {
  Auto,   // by the name: .jsonl and .ndjson, else text
  Text,   // a file is one text
  Jsonl,  // a line is a JSON object that holds a text
};

// Whether a file's name says that it is one of JSON lines.
bool is_jsonl(const std::string& name);

// The texts of files, one after the other, in memory that does not grow with them.
class TextFiles {
 public:
  // "-" is the standard input. `field` is the one of a JSON object that holds its text, `pattern`
  // what texts will be split by, so that they are not cut within a piece.
  TextFiles(std::vector<std::string> files, TextFormat format, std::string field,
            std::string pattern);
  ~TextFiles();

  // Fills in the next text, or a part of a long one (see last_cut); false if there is none.
  // Throws Error for what can't be read, and DataError, with file and line, for what is no such
  // JSON.
  bool next(std::string& text);

  // In all files; 0 where that is not known, since there is a pipe among them.
  std::uint64_t total_bytes() const;

 private:
  class File;

  bool next_part(std::string& text);
  bool next_object(std::string& text);
  bool open_next();

  std::vector<std::string> files_;
  TextFormat format_;
  std::string field_;
  std::string pattern_;
  std::size_t next_file_ = 0;
  std::unique_ptr<File> file_;
};

}  // namespace roux::tool
