include_guard(GLOBAL)
include(GoogleTest)

# Flags for our own code only: linked PRIVATE, so nothing leaks to users.
add_library(roux_warnings INTERFACE)
add_library(roux::warnings ALIAS roux_warnings)
target_compile_options(roux_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${ROUX_WERROR}>:-Werror>)

# roux_add_room(<room> HEADERS ... SOURCES ... ROOMS ... LIBRARIES ... [TORCH])
#
# One folder of the framework, as an object library that goes into libroux.so. HEADERS are relative
# to include/roux/<room>, SOURCES to the current folder. ROOMS are the rooms it includes, LIBRARIES
# what only its sources see. TORCH: its sources see LibTorch.
function(roux_add_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH" "" "HEADERS;SOURCES;ROOMS;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "roux_add_room(${room}): what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()

  add_library(roux_${room} OBJECT ${arg_SOURCES})
  target_include_directories(roux_${room} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(roux_${room} PRIVATE ${arg_LIBRARIES} roux::warnings)
  if(arg_TORCH)
    target_link_libraries(roux_${room} PRIVATE roux::torch)
  endif()

  set_property(GLOBAL APPEND PROPERTY ROUX_ROOMS ${room})
  set_property(TARGET roux_${room} PROPERTY ROUX_ROOMS_BELOW ${arg_ROOMS})
  set_property(TARGET roux_${room} PROPERTY ROUX_TORCH ${arg_TORCH})
  set_property(TARGET roux_${room} PROPERTY ROUX_LIBRARIES ${arg_LIBRARIES})
  set_property(TARGET roux_${room} PROPERTY ROUX_HEADERS ${arg_HEADERS})
endfunction()

# All rooms that <room> stands on, itself included, in <result>.
function(roux_rooms_of room result)
  set(all ${room})
  get_property(below TARGET roux_${room} PROPERTY ROUX_ROOMS_BELOW)
  foreach(lower IN LISTS below)
    roux_rooms_of(${lower} more)
    list(APPEND all ${more})
  endforeach()
  list(REMOVE_DUPLICATES all)
  set(${result} ${all} PARENT_SCOPE)
endfunction()

# Links <target> against what <room> needs and no more: the objects of a room without LibTorch and
# of the rooms below it (a second to link, and safe under the thread sanitizer), else libroux.so.
function(roux_link_room target room)
  roux_rooms_of(${room} rooms)
  foreach(each IN LISTS rooms)
    get_property(torch TARGET roux_${each} PROPERTY ROUX_TORCH)
    if(torch)
      target_link_libraries(${target} PRIVATE roux::roux)
      return()
    endif()
  endforeach()
  foreach(each IN LISTS rooms)
    get_property(libraries TARGET roux_${each} PROPERTY ROUX_LIBRARIES)
    target_link_libraries(${target} PRIVATE roux_${each} ${libraries})
  endforeach()
endfunction()

# roux_add_tests(<room> SOURCES ... [LIBRARIES ...] [LABELS ...])
#
# One program for a room's tests: linking takes seconds, so the files share it. A test file that
# lies in the folder and in no target is an error.
function(roux_add_tests room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;LABELS")

  file(GLOB_RECURSE orphans CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *_test.cpp)
  list(REMOVE_ITEM orphans ${arg_SOURCES})
  if(orphans)
    message(FATAL_ERROR "tests/${room}: on disk but in no target: ${orphans}")
  endif()

  add_executable(${room}_tests ${arg_SOURCES})
  target_include_directories(${room}_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${room}_tests PRIVATE ${arg_LIBRARIES} GTest::gmock_main roux::warnings)
  roux_link_room(${room}_tests ${room})
  gtest_discover_tests(${room}_tests DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${arg_LABELS}")
endfunction()
