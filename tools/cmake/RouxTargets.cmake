# What this tree is made of, one call each: a room, its tests, its bench.
include_guard(GLOBAL)
include(GoogleTest)

# Flags for our own code only: linked PRIVATE, so nothing leaks to users.
add_library(roux_warnings INTERFACE)
add_library(roux::warnings ALIAS roux_warnings)
# Configs and parts are made by naming the fields that differ: the others have their defaults.
set(warnings -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND warnings -Wno-restrict)  # GCC 12 sees overlaps in "text" + string (GCC bug 105651)
endif()
if(ROUX_WERROR)
  list(APPEND warnings -Werror)
endif()
target_compile_options(roux_warnings INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings}>")

# Without this ccache takes a source with a precompiled header for uncacheable.
function(roux_cache_precompiled target)
  if(ROUX_CCACHE)
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${ROUX_CCACHE}")
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
endfunction()

# Gives <target>'s sources torch/nn's headers, which cost 12 s a source, from the one precompiled
# header of this tree: it takes half a GB of disk. With OpenMP in all, or at::parallel_for would run
# on one thread where it is left out.
function(roux_precompile_torch_nn target)
  find_package(OpenMP REQUIRED)
  if(NOT TARGET roux_torch_nn_headers)
    set(source ${PROJECT_BINARY_DIR}/torch_nn_headers.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "// What the precompiled header hangs on.\n")
    add_library(roux_torch_nn_headers OBJECT EXCLUDE_FROM_ALL ${source})
    target_link_libraries(roux_torch_nn_headers PRIVATE roux::torch OpenMP::OpenMP_CXX)
    target_precompile_headers(roux_torch_nn_headers PRIVATE <torch/nn/module.h>)
    roux_cache_precompiled(roux_torch_nn_headers)
  endif()
  # A program's sources are compiled as a library's, or the compiler refuses the header.
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC ${OpenMP_CXX_FLAGS})
  else()
    target_link_libraries(${target} PRIVATE OpenMP::OpenMP_CXX)
  endif()
  target_precompile_headers(${target} REUSE_FROM roux_torch_nn_headers)
  roux_cache_precompiled(${target})
endfunction()

# roux_add_room(<room> HEADERS ... SOURCES ... ROOMS ... LIBRARIES ... [TORCH | TORCH_NN])
#
# One folder of the framework, as an object library that goes into libroux.so. HEADERS are relative
# to include/roux/<room>, SOURCES to the current folder. ROOMS are the rooms it includes, LIBRARIES
# what only its sources see. TORCH: its sources see LibTorch. TORCH_NN: they see torch/nn too, whose
# headers cost 12 s a source, so the room gets a precompiled one.
function(roux_add_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH;TORCH_NN" "" "HEADERS;SOURCES;ROOMS;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "roux_add_room(${room}): what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()
  # The thread sanitizer knows nothing of LibTorch's threads: rooms that see it are left out.
  set(all "")
  if((arg_TORCH OR arg_TORCH_NN) AND ROUX_SANITIZE MATCHES "thread")
    set(all EXCLUDE_FROM_ALL)
  endif()
  foreach(header IN LISTS arg_HEADERS)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/include/roux/${room}/${header})
      message(FATAL_ERROR "roux_add_room(${room}): include/roux/${room} has no ${header}")
    endif()
  endforeach()

  add_library(roux_${room} OBJECT ${all} ${arg_SOURCES})
  target_include_directories(roux_${room}
    PUBLIC ${PROJECT_SOURCE_DIR}/include
    PRIVATE ${PROJECT_SOURCE_DIR}/framework)  # private headers: "config/references.h"
  target_link_libraries(roux_${room} PRIVATE ${arg_LIBRARIES} roux::warnings)
  if(arg_TORCH_NN)
    set(arg_TORCH TRUE)
    roux_precompile_torch_nn(roux_${room})
  endif()
  if(arg_TORCH)
    target_link_libraries(roux_${room} PRIVATE roux::torch)
  endif()

  set_property(GLOBAL APPEND PROPERTY ROUX_ROOMS ${room})
  set_property(TARGET roux_${room} PROPERTY ROUX_ROOMS_BELOW ${arg_ROOMS})
  set_property(TARGET roux_${room} PROPERTY ROUX_TORCH ${arg_TORCH})
  set_property(TARGET roux_${room} PROPERTY ROUX_LIBRARIES ${arg_LIBRARIES})
  set_property(TARGET roux_${room} PROPERTY ROUX_HEADERS ${arg_HEADERS})
endfunction()

# libroux.so: the objects of every room declared so far, and what they link.
function(roux_add_library_of_rooms)
  get_property(rooms GLOBAL PROPERTY ROUX_ROOMS)
  if(NOT rooms)
    return()
  endif()
  # Under the thread sanitizer only the tests of rooms without LibTorch are built.
  if(ROUX_SANITIZE MATCHES "thread")
    add_library(roux SHARED EXCLUDE_FROM_ALL)
  else()
    add_library(roux SHARED)
  endif()
  add_library(roux::roux ALIAS roux)
  # LibTorch's folder by name: CMake drops from an installed run path what lies in this tree.
  set_target_properties(roux PROPERTIES
    INSTALL_RPATH "$ORIGIN;${ROUX_TORCH_FOUND_DIR}/lib"
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  if(NOT ROUX_SANITIZE)  # whose own symbols come with the program
    target_link_options(roux PRIVATE LINKER:--no-undefined)
  endif()
  target_compile_features(roux INTERFACE cxx_std_20)
  # For what is compiled against one version and loaded by another (roux/recipe/extension.h).
  target_compile_definitions(roux INTERFACE ROUX_VERSION="${PROJECT_VERSION}")
  target_include_directories(roux INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  get_property(kernels GLOBAL PROPERTY ROUX_KERNELS)
  foreach(target IN LISTS kernels)
    target_link_libraries(roux PRIVATE $<BUILD_INTERFACE:${target}>)
  endforeach()
  foreach(room IN LISTS rooms)
    get_property(torch TARGET roux_${room} PROPERTY ROUX_TORCH)
    get_property(libraries TARGET roux_${room} PROPERTY ROUX_LIBRARIES)
    # BUILD_INTERFACE: whoever links libroux.so later needs none of them.
    foreach(library roux_${room} ${libraries} $<$<BOOL:${torch}>:roux::torch>)
      target_link_libraries(roux PRIVATE $<BUILD_INTERFACE:${library}>)
    endforeach()
  endforeach()
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

# Whether <room>, or a room below it, sees LibTorch, in <result>.
function(roux_room_sees_torch room result)
  set(${result} FALSE PARENT_SCOPE)
  roux_rooms_of(${room} rooms)
  foreach(each IN LISTS rooms)
    get_property(torch TARGET roux_${each} PROPERTY ROUX_TORCH)
    if(torch)
      set(${result} TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Links <target> against what <room> needs and no more: the objects of a room without LibTorch and
# of the rooms below it (a second to link, and safe under the thread sanitizer), else libroux.so.
function(roux_link_room target room)
  roux_room_sees_torch(${room} torch)
  if(torch)
    target_link_libraries(${target} PRIVATE roux::roux)
    return()
  endif()
  roux_rooms_of(${room} rooms)
  foreach(each IN LISTS rooms)
    get_property(libraries TARGET roux_${each} PROPERTY ROUX_LIBRARIES)
    target_link_libraries(${target} PRIVATE roux_${each} ${libraries})
  endforeach()
endfunction()

# roux_add_tests(<room> SOURCES ... [LIBRARIES ...] [LABEL <label>])
#
# One program for a room's tests: linking takes seconds, so the files share it. A test file that
# lies in the folder and in no target is an error. A suite whose name begins with Slow gets the
# label `slow`, which the default run leaves out: TEST(SlowConfigFuzz, ...). The others have the label
# that is given (`cuda` for what needs a GPU), or their room's name.
function(roux_add_tests room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "roux_add_tests(${room}): what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()

  file(GLOB_RECURSE orphans CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *_test.cpp)
  list(REMOVE_ITEM orphans ${arg_SOURCES})
  if(orphans)
    message(FATAL_ERROR "tests/${room}: on disk but in no target: ${orphans}")
  endif()

  roux_room_sees_torch(${room} torch)
  if(torch AND ROUX_SANITIZE MATCHES "thread")
    message(STATUS "${room}_tests: left out, LibTorch and the thread sanitizer do not agree")
    return()
  endif()

  add_executable(${room}_tests ${arg_SOURCES})
  target_include_directories(${room}_tests PRIVATE
    ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/framework)
  target_link_libraries(${room}_tests PRIVATE ${arg_LIBRARIES} GTest::gmock_main roux::warnings)
  roux_link_room(${room}_tests ${room})

  # One label a test, since gtest_discover_tests flattens a list of them (and misreads an empty one).
  # A test that hangs is stopped, and named, well before the run's own limit.
  if(NOT arg_LABEL)
    set(arg_LABEL ${room})
  endif()
  gtest_discover_tests(${room}_tests DISCOVERY_MODE PRE_TEST
    TEST_FILTER "-Slow*:*/Slow*"
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
  gtest_discover_tests(${room}_tests DISCOVERY_MODE PRE_TEST
    TEST_FILTER "Slow*:*/Slow*" TEST_LIST ${room}_slow_tests
    PROPERTIES LABELS slow TIMEOUT 1800)
endfunction()

# roux_add_bench(<room> SOURCES ... [LIBRARIES ...])
#
# One program for a room's benches, <room>_bench, on Google Benchmark (its main is there if the
# sources have none); left out where that is not installed, and under a sanitizer.
function(roux_add_bench room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "roux_add_bench(${room}): what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()
  if(ROUX_SANITIZE)
    return()  # figures of an instrumented build mean nothing
  endif()
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    message(STATUS "${room}_bench: left out, Google Benchmark is not installed")
    return()
  endif()
  add_executable(${room}_bench ${arg_SOURCES})
  target_include_directories(${room}_bench PRIVATE ${PROJECT_SOURCE_DIR}/framework)
  target_link_libraries(${room}_bench PRIVATE
    ${arg_LIBRARIES} benchmark::benchmark_main roux::warnings)
  roux_link_room(${room}_bench ${room})
endfunction()
