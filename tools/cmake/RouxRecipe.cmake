# roux_add_recipe: a recipe's program. In this tree, and in every project that says
# find_package(roux).
include_guard(GLOBAL)
include(GNUInstallDirs)

# roux_add_recipe(<name> PROGRAM <program> SUMMARY <one line> SOURCES ... [PRESETS ...])
#
#   roux_add_recipe(lm/train
#     PROGRAM lm-train
#     SUMMARY "Trains a language model from scratch"
#     SOURCES main.cpp recipe.cpp
#     PRESETS tiny.toml base.toml)
#
# The program links roux::roux and lands in bin/. Its name, summary and presets are compiled in (it
# finds them through roux/recipe/assets.h), so that it runs from anywhere; the presets are laid
# beside a manifest in share/roux/recipes/<name>/ too, where `roux ls` and `roux cp` look. A preset
# is named after its file. Both are installed.
function(roux_add_recipe name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROGRAM;SUMMARY" "SOURCES;PRESETS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "roux_add_recipe(${name}): what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()
  if(NOT arg_PROGRAM OR NOT arg_SUMMARY OR NOT arg_SOURCES)
    message(FATAL_ERROR "roux_add_recipe(${name}): PROGRAM, SUMMARY and SOURCES must be given")
  endif()

  set(share share/roux/recipes/${name})
  set(presets "")
  set(copies "")
  foreach(preset IN LISTS arg_PRESETS)
    get_filename_component(preset ${preset} ABSOLUTE)
    get_filename_component(file ${preset} NAME)
    if(file STREQUAL "recipe.toml")
      message(FATAL_ERROR "roux_add_recipe(${name}): recipe.toml is the manifest's name, not a preset's")
    endif()
    if(${PROJECT_BINARY_DIR}/${share}/${file} IN_LIST copies)
      message(FATAL_ERROR "roux_add_recipe(${name}): two presets are called ${file}")
    endif()
    list(APPEND presets ${preset})
    list(APPEND copies ${PROJECT_BINARY_DIR}/${share}/${file})
  endforeach()
  string(REPLACE ";" "\\;" summary "${arg_SUMMARY}")
  set(assets ${CMAKE_CURRENT_BINARY_DIR}/${arg_PROGRAM}_assets.cpp)
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/RouxEmbed.cmake)
  add_custom_command(
    OUTPUT ${assets}
    BYPRODUCTS ${PROJECT_BINARY_DIR}/${share}/recipe.toml ${copies}
    COMMAND ${CMAKE_COMMAND} -P ${script}
      ${assets} ${PROJECT_BINARY_DIR}/${share} ${PROJECT_SOURCE_DIR}
      ${name} ${arg_PROGRAM} ${summary} ${presets}
    DEPENDS ${presets} ${script}
    COMMENT "Embedding the presets of ${name}"
    VERBATIM)

  add_executable(${arg_PROGRAM} ${arg_SOURCES} ${assets})
  set_target_properties(${arg_PROGRAM} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin
    INSTALL_RPATH_USE_LINK_PATH ON)
  target_link_libraries(${arg_PROGRAM} PRIVATE roux::roux $<TARGET_NAME_IF_EXISTS:roux::warnings>)

  install(TARGETS ${arg_PROGRAM} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${PROJECT_BINARY_DIR}/${share}/
    DESTINATION ${CMAKE_INSTALL_DATADIR}/roux/recipes/${name})
endfunction()
