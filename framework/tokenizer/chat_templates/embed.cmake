# cmake -P embed.cmake OUTPUT_CPP TEMPLATE.jinja...
#
# Writes the source that carries the built-in chat templates (tokenizer/chat_builtin.h).
cmake_minimum_required(VERSION 3.25)

set(output "${CMAKE_ARGV3}")

# Every byte escaped, so that no content can end the literal.
function(literal hex result)
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  string(REPEAT "\\\\x.." 24 line)
  string(REGEX REPLACE "(${line})" "\\1\"\n    \"" text "${text}")
  set(${result} "\"${text}\"" PARENT_SCOPE)
endfunction()

set(entries "")
set(count 0)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 4 ${last})
  set(template "${CMAKE_ARGV${i}}")
  get_filename_component(name "${template}" NAME_WLE)
  file(READ "${template}" hex HEX)
  string(LENGTH "${hex}" size)
  math(EXPR size "${size} / 2")
  literal("${hex}" text)
  string(APPEND entries "    {\"${name}\", {${text}, ${size}}},\n")
  math(EXPR count "${count} + 1")
endforeach()

file(WRITE "${output}" "// Written by embed.cmake from the templates of this folder.
#include \"tokenizer/chat_builtin.h\"

#include <array>

namespace roux {
namespace {

constexpr std::array<BuiltinChatTemplate, ${count}> kTemplates = {{
${entries}}};

}  // namespace

std::span<const BuiltinChatTemplate> builtin_chat_templates() {
  return kTemplates;
}

}  // namespace roux
")
