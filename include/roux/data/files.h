#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roux::data {

// The files that `pattern` means, sorted by their bytes, so that the order is the same on every
// machine:
//
//   data/web.jsonl                      that file, whatever its name ends in
//   data                                all in that folder and those below whose names end in one
//                                       of `suffixes`, hidden ones (.name) left out
//   data/{web,books}/**/*.chunk.*.jsonl what matches; folders that do are no files and left out
//
// * ? [a-z] [!a-z] stand for what they do in a shell and never for a slash; ** as a whole part of
// the path stands for any number of folders, also none; {a,b} is a or b. A backslash takes the
// meaning from what follows it. What is there under the very name is taken as it is.
//
// Throws ConfigError where nothing is found, or a name without a pattern in it is not there: it
// says what was looked for and what lies there. Throws Error where a folder can't be read, and
// where a link leads nowhere.
std::vector<std::filesystem::path> find_files(std::string_view pattern,
                                              std::span<const std::string_view> suffixes);

// The same for files of JSON lines: of a folder, those in .jsonl, .jsonl.gz and .jsonl.zst.
std::vector<std::filesystem::path> find_json_lines(std::string_view pattern);

}  // namespace roux::data
