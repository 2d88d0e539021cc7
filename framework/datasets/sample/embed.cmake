# cmake -P embed.cmake OUTPUT.cpp FILE...
#
# Writes the source that carries the sample corpus's tokenizer (datasets/sample/tokenizer_files.h).
cmake_minimum_required(VERSION 3.25)

# Our words follow cmake's own three: `cmake -P script`.
set(entries "")
set(count 0)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 4 ${last})
  get_filename_component(name "${CMAKE_ARGV${i}}" NAME)
  file(READ "${CMAKE_ARGV${i}}" hex HEX)
  string(LENGTH "${hex}" size)
  math(EXPR size "${size} / 2")
  # Every byte escaped: no content can end the literal.
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  string(REPEAT "\\\\x.." 24 line)
  string(REGEX REPLACE "(${line})" "\\1\"\n     \"" text "${text}")
  string(APPEND entries "    {\"${name}\",\n     {\"${text}\", ${size}}},\n")
  math(EXPR count "${count} + 1")
endforeach()

file(WRITE "${CMAKE_ARGV3}" "// Written by embed.cmake.
#include \"datasets/sample/tokenizer_files.h\"

#include <array>

namespace roux::datasets {
namespace {

constexpr std::array<TokenizerFile, ${count}> kFiles = {{
${entries}}};

}  // namespace

std::span<const TokenizerFile> sample_tokenizer_files() { return kFiles; }

}  // namespace roux::datasets
")
