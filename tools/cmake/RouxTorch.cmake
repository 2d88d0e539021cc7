# LibTorch as the imported target roux::torch: its C++ headers, c10 and torch_cpu, and no CUDA.
#
# It is looked for in this order: ROUX_TORCH_DIR, the active Python's torch, and the folders that
# the caller gives (.deps/ in this tree, the LibTorch that Roux was built with in an installed one).
# A folder is a LibTorch when it holds include/torch and lib/libtorch_cpu.so: the `torch` folder of
# a Python installation, or an unpacked libtorch.
#
# `cmake -P RouxTorch.cmake` tells what would be found (tools/setup asks it so).
include_guard(GLOBAL)

# Exactly this minor version: c10d's headers change between versions.
set(ROUX_TORCH_VERSION_WANTED 2.11)

# The version that the headers in <dir> state, in <result>; empty if <dir> is no LibTorch.
function(roux_torch_version dir result)
  set(${result} "" PARENT_SCOPE)
  set(header "${dir}/include/torch/headeronly/version.h")
  if(NOT EXISTS "${header}")  # before 2.9 it lay elsewhere
    set(header "${dir}/include/torch/csrc/api/include/torch/version.h")
  endif()
  if(NOT EXISTS "${header}" OR NOT EXISTS "${dir}/lib/libtorch_cpu.so")
    return()
  endif()
  file(STRINGS "${header}" lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
  list(TRANSFORM lines REPLACE "[^0-9]+" "")
  list(JOIN lines "." version)
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

# The folder of the torch that `python3` would import, in <result>; empty if there is none. It is
# found without importing it, which would take seconds.
function(roux_active_python_torch result)
  set(${result} "" PARENT_SCOPE)
  find_program(python NAMES python3 python NO_CACHE)
  if(NOT python)
    return()
  endif()
  # '' is the working folder, whose contents are nobody's installation.
  execute_process(
    COMMAND "${python}" -c "import sys
sys.path = [p for p in sys.path if p]
from importlib.util import find_spec
spec = find_spec('torch')
if spec and spec.origin: print(spec.submodule_search_locations[0], end='')"
    OUTPUT_VARIABLE dir ERROR_QUIET)
  set(${result} "${dir}" PARENT_SCOPE)
endfunction()

# roux_locate_torch(<dir> <source> <notes> [<fallback>...])
#
# <dir>: the LibTorch to use, or empty. <source>: in a few words, where it was found. <notes>: what
# was passed over, and why. A ROUX_TORCH_DIR that does not hold the right version is fatal.
function(roux_locate_torch dir source notes)
  set(${dir} "" PARENT_SCOPE)
  set(${source} "" PARENT_SCOPE)
  set(${notes} "" PARENT_SCOPE)
  set(wanted ${ROUX_TORCH_VERSION_WANTED})

  if(ROUX_TORCH_DIR)
    roux_torch_version("${ROUX_TORCH_DIR}" version)
    if(NOT version)
      message(FATAL_ERROR "ROUX_TORCH_DIR is ${ROUX_TORCH_DIR}, which holds no LibTorch "
        "(include/torch and lib/libtorch_cpu.so are not there).")
    elseif(NOT version MATCHES "^${wanted}\\.")
      message(FATAL_ERROR "ROUX_TORCH_DIR is ${ROUX_TORCH_DIR}, which holds LibTorch ${version}, "
        "but Roux needs ${wanted}.x. Point it at one, or leave it out and run tools/setup.")
    endif()
    set(${dir} "${ROUX_TORCH_DIR}" PARENT_SCOPE)
    set(${source} "ROUX_TORCH_DIR" PARENT_SCOPE)
    return()
  endif()

  roux_active_python_torch(active)
  if(active)
    roux_torch_version("${active}" version)
    if(version MATCHES "^${wanted}\\.")
      set(${dir} "${active}" PARENT_SCOPE)
      set(${source} "the active Python" PARENT_SCOPE)
      return()
    endif()
    if(NOT version)
      set(version "without C++ headers")
    endif()
    set(${notes} "The active Python's torch is ${version}, but Roux needs ${wanted}.x: passed over \
(${active})." PARENT_SCOPE)
  endif()

  foreach(candidate IN LISTS ARGN)
    roux_torch_version("${candidate}" version)
    if(version MATCHES "^${wanted}\\.")
      set(${dir} "${candidate}" PARENT_SCOPE)
      set(${source} "${candidate}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# The LibTorch that tools/setup put into <root>/.deps, in <result>; empty if there is none, or if
# it stopped half way.
function(roux_deps_torch root result)
  set(${result} "" PARENT_SCOPE)
  if(NOT EXISTS "${root}/.deps/incomplete")
    file(GLOB found "${root}/.deps/python/lib/python3*/site-packages/torch")
    set(${result} "${found}" PARENT_SCOPE)
  endif()
endfunction()

# Whether the libraries that LibTorch needs on a GPU lie beside it: "full" or "CPU", in <result>.
function(roux_torch_set dir result)
  file(GLOB cuda "${dir}/../nvidia/*/lib/libcublas.so.*" "${dir}/../nvidia/*/lib/libcudnn.so.*")
  list(LENGTH cuda count)
  if(EXISTS "${dir}/lib/libtorch_cuda.so" AND count GREATER_EQUAL 2)
    set(${result} full PARENT_SCOPE)
  else()
    set(${result} CPU PARENT_SCOPE)
  endif()
endfunction()

# Declares roux::torch for the LibTorch in <dir>.
function(roux_import_torch dir)
  if(TARGET roux::torch)
    return()
  endif()
  foreach(library c10 torch_cpu)
    add_library(roux::${library} SHARED IMPORTED GLOBAL)
    set_target_properties(roux::${library} PROPERTIES
      IMPORTED_LOCATION "${dir}/lib/lib${library}.so"
      IMPORTED_SONAME lib${library}.so)
  endforeach()
  add_library(roux::torch INTERFACE IMPORTED GLOBAL)
  target_link_libraries(roux::torch INTERFACE roux::c10 roux::torch_cpu)

  # After the system's folders: torch ships another fmt than the system's spdlog was built with.
  foreach(include include include/torch/csrc/api/include)
    target_compile_options(roux::torch INTERFACE
      "$<$<COMPILE_LANGUAGE:CXX>:-idirafter${dir}/${include}>")
  endforeach()

  # What torch_cpu itself needs, for linkers that insist on seeing it.
  file(GLOB needed "${dir}/../nvidia/cu1*/lib" "${dir}/../nvidia/cuda_*/lib")
  foreach(folder IN LISTS needed)
    get_filename_component(folder "${folder}" REALPATH)
    target_link_options(roux::torch INTERFACE "LINKER:-rpath-link,${folder}")
  endforeach()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  set(ROUX_TORCH_DIR "$ENV{ROUX_TORCH_DIR}")
  get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
  roux_deps_torch("${root}" deps)
  roux_locate_torch(dir source notes ${deps})
  if(dir)
    roux_torch_version("${dir}" version)
    roux_torch_set("${dir}" set)
  endif()
  # One line, the notes last: they are a sentence.
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${version}|${set}|${dir}|${notes}")
endif()
