#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace roux::tool {

// Reads `file` ("-": the standard input) line by line and writes what `work` makes of each to the
// standard output, in their order.
//
// A line ends at '\n', which is no part of it ('\r' is); what follows the last one is a line too.
// `work` appends to `out` and is called by `num_threads` threads (0: as many as there are cores) at
// once. What is written is held back only while more input is there to be read, so that a program
// at the other end of both pipes gets its answers.
//
// An Error that `work` throws is thrown on as a DataError that begins with `file:line: `, once all
// lines before it are written.
void map_lines(const std::string& file, int num_threads,
               const std::function<void(std::string_view line, std::string& out)>& work);

}  // namespace roux::tool
