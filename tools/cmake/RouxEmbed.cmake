# cmake -P RouxEmbed.cmake ASSETS_CPP SHARE_DIR SOURCE_ROOT NAME PROGRAM SUMMARY [PRESET.toml...]
#
# Writes the source that carries a recipe's presets (roux/recipe/assets.h), and lays the presets
# and the recipe's manifest into SHARE_DIR. Run by roux_add_recipe.
cmake_minimum_required(VERSION 3.25)

# Our words follow cmake's own three: `cmake -P script`.
set(assets "${CMAKE_ARGV3}")
set(share "${CMAKE_ARGV4}")
set(root "${CMAKE_ARGV5}")
set(name "${CMAKE_ARGV6}")
set(program "${CMAKE_ARGV7}")
set(summary "${CMAKE_ARGV8}")

# Bytes (as hexadecimal digits) as a C++ string literal, every byte escaped: so no content, be it
# quotes, a raw string's delimiter or a carriage return, can end it or be changed by the compiler.
function(literal hex result)
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  string(REPEAT "\\\\x.." 24 line)
  string(REGEX REPLACE "(${line})" "\\1\"\n    \"" text "${text}")
  set(${result} "\"${text}\"" PARENT_SCOPE)
endfunction()

function(text_literal text result)
  string(HEX "${text}" hex)
  literal("${hex}" value)
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${share}")
file(MAKE_DIRECTORY "${share}")

set(entries "")
set(count 0)
math(EXPR last "${CMAKE_ARGC} - 1")
if(last GREATER_EQUAL 9)
  foreach(i RANGE 9 ${last})
    set(preset "${CMAKE_ARGV${i}}")
    get_filename_component(stem "${preset}" NAME_WLE)
    file(RELATIVE_PATH path "${root}" "${preset}")
    file(READ "${preset}" hex HEX)
    string(LENGTH "${hex}" size)
    math(EXPR size "${size} / 2")
    text_literal("${stem}" stem_literal)
    text_literal("${path}" path_literal)
    literal("${hex}" text)
    string(APPEND entries "    // ${path}\n    {${stem_literal},\n    {${text}, ${size}},\n    ${path_literal}},\n")
    math(EXPR count "${count} + 1")
    file(COPY "${preset}" DESTINATION "${share}")
  endforeach()
endif()

text_literal("${name}" name_literal)
text_literal("${summary}" summary_literal)
file(WRITE "${assets}" "// Written by RouxEmbed.cmake from the presets of ${name}.
#include \"roux/recipe/assets.h\"

#include <array>

namespace {

constexpr std::array<roux::Preset, ${count}> presets = {{
${entries}}};

constexpr roux::RecipeAssets assets = {
    ${name_literal},
    ${summary_literal},
    presets};

}  // namespace

extern \"C\" const roux::RecipeAssets* roux_recipe_assets() { return &assets; }
")

# A TOML basic string.
string(REPLACE "\\" "\\\\" summary "${summary}")
string(REPLACE "\"" "\\\"" summary "${summary}")
file(WRITE "${share}/recipe.toml" "program = \"${program}\"\nsummary = \"${summary}\"\n")
