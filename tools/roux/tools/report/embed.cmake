# cmake -P embed.cmake OUTPUT_CPP FOLDER
#
# Writes the source that carries the page and its script (page.h).
cmake_minimum_required(VERSION 3.25)

set(output "${CMAKE_ARGV3}")
set(folder "${CMAKE_ARGV4}")

# Every byte escaped, so that no content can end the literal.
function(literal file result)
  file(READ "${file}" hex HEX)
  string(LENGTH "${hex}" size)
  math(EXPR size "${size} / 2")
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  string(REPEAT "\\\\x.." 24 line)
  string(REGEX REPLACE "(${line})" "\\1\"\n    \"" text "${text}")
  set(${result} "{\"${text}\", ${size}}" PARENT_SCOPE)
endfunction()

literal("${folder}/page.html" page)
literal("${folder}/page.js" script)
file(WRITE "${output}" "// Written by embed.cmake from page.html and page.js.
#include \"page.h\"

namespace roux::tool {

const std::string_view kPage${page};
const std::string_view kScript${script};

}  // namespace roux::tool
")
