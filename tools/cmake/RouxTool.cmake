# roux_add_tool: a verb of the driver with a program of its own.
include_guard(GLOBAL)
include(GNUInstallDirs)

# Where those programs lie, below the build folder and below where it is installed.
set(ROUX_TOOLS_DIR ${CMAKE_INSTALL_LIBEXECDIR}/roux)

# roux_add_tool(<verb> SOURCES ... [ROOM <room>] [LIBRARIES ...])
#
#   roux_add_tool(inspect SOURCES main.cpp)
#
# Its main() calls roux::tool::tool_main (tool/tool.h), which says what the verb understands. The
# program is roux-<verb>, which the driver becomes for `roux <verb> …`; once it is built it writes
# down, in share/roux/tools/<verb>.toml, what the driver needs for help and completion. It links
# libroux.so, or, with ROOM, the objects of a room without LibTorch and of those below: such a tool
# starts in milliseconds. LIBRARIES are what only its sources see (roux::torch). Both files are
# installed.
function(roux_add_tool verb)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOM" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "roux_add_tool(${verb}): what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()
  if(NOT verb MATCHES "^[a-z][a-z-]*$")
    message(FATAL_ERROR "roux_add_tool(${verb}): a verb is made of small letters and '-'")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "roux_add_tool(${verb}): SOURCES must be given")
  endif()

  set(program roux-${verb})
  add_executable(${program} ${arg_SOURCES})
  target_link_libraries(${program} PRIVATE roux_tool_main ${arg_LIBRARIES} roux::warnings)
  if(arg_ROOM)
    roux_link_room(${program} ${arg_ROOM})
  else()
    target_link_libraries(${program} PRIVATE roux::roux)
  endif()
  file(RELATIVE_PATH tools_to_lib /${ROUX_TOOLS_DIR} /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(${program} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${ROUX_TOOLS_DIR}
    INSTALL_RPATH "$ORIGIN/${tools_to_lib}")

  set(manifest ${PROJECT_BINARY_DIR}/share/roux/tools/${verb}.toml)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/roux/tools)
  add_custom_command(TARGET ${program} POST_BUILD
    COMMAND ${program} --manifest ${verb} > ${manifest}
    BYPRODUCTS ${manifest}
    VERBATIM)

  set_property(GLOBAL APPEND PROPERTY ROUX_TOOL_MANIFESTS ${manifest})
  install(TARGETS ${program} RUNTIME DESTINATION ${ROUX_TOOLS_DIR})
  install(FILES ${manifest} DESTINATION ${CMAKE_INSTALL_DATADIR}/roux/tools)
endfunction()

# Takes away what is left of tools that are no longer part of the tree: the driver would find them.
function(roux_remove_former_tools)
  get_property(manifests GLOBAL PROPERTY ROUX_TOOL_MANIFESTS)
  file(GLOB former ${PROJECT_BINARY_DIR}/share/roux/tools/*.toml)
  list(REMOVE_ITEM former ${manifests})
  if(former)
    file(REMOVE ${former})
  endif()
endfunction()
