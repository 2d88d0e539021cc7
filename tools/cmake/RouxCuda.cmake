# Whether libroux_cuda.so can be built here, and how.
#
# It needs nvcc of the CUDA version that LibTorch was built with, and NCCL's header; both may come
# from the CUDA toolkit or from PyPI's nvidia packages beside torch. No GPU is needed to build it.
include_guard(GLOBAL)

# CUDA's major version that the wheels of LibTorch 2.11 are built with.
set(ROUX_CUDA_MAJOR_WANTED 13)

# roux_find_cuda(<torch dir>): sets ROUX_CUDA_FOUND, and ROUX_CUDA_VERSION, ROUX_NCCL_VERSION and
# ROUX_NCCL_INCLUDE_DIR, or else ROUX_CUDA_MISSING (a sentence), in the caller's scope.
function(roux_find_cuda torch_dir)
  set(ROUX_CUDA_FOUND OFF PARENT_SCOPE)
  set(missing "")

  file(GLOB pypi "${torch_dir}/../nvidia/*")
  find_program(ROUX_NVCC nvcc
    HINTS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin ${pypi} PATH_SUFFIXES bin
    DOC "CUDA compiler for libroux_cuda.so")
  if(ROUX_NVCC)
    execute_process(COMMAND ${ROUX_NVCC} --version OUTPUT_VARIABLE text ERROR_QUIET)
    if(NOT text MATCHES "release (([0-9]+)\\.[0-9]+)")
      list(APPEND missing "an nvcc that runs (${ROUX_NVCC} does not)")
    elseif(NOT CMAKE_MATCH_2 EQUAL ROUX_CUDA_MAJOR_WANTED)
      list(APPEND missing "nvcc ${ROUX_CUDA_MAJOR_WANTED} (${ROUX_NVCC} is ${CMAKE_MATCH_1})")
    endif()
    set(version "${CMAKE_MATCH_1}")
    get_filename_component(toolkit "${ROUX_NVCC}" REALPATH)
    get_filename_component(toolkit "${toolkit}" DIRECTORY)
  else()
    list(APPEND missing "nvcc")
  endif()

  find_path(ROUX_NCCL_INCLUDE_DIR nccl.h
    HINTS ${toolkit}/../include $ENV{NCCL_HOME}/include ${pypi} PATH_SUFFIXES include
    DOC "Folder of nccl.h")
  if(NOT ROUX_NCCL_INCLUDE_DIR)
    list(APPEND missing "NCCL's header nccl.h")
  endif()

  if(missing)
    list(JOIN missing " and " missing)
    set(ROUX_CUDA_MISSING "${missing}" PARENT_SCOPE)
    return()
  endif()

  file(STRINGS ${ROUX_NCCL_INCLUDE_DIR}/nccl.h lines REGEX "#define NCCL_(MAJOR|MINOR|PATCH) +[0-9]+")
  list(TRANSFORM lines REPLACE "[^0-9]+" "")
  list(JOIN lines "." nccl)
  set(ROUX_CUDA_FOUND ON PARENT_SCOPE)
  set(ROUX_CUDA_VERSION ${version} PARENT_SCOPE)
  set(ROUX_NCCL_VERSION ${nccl} PARENT_SCOPE)
endfunction()

# Makes CUDA a language of this build. A macro, since it must act in the top folder.
macro(roux_enable_cuda)
  set(CMAKE_CUDA_COMPILER ${ROUX_NVCC})
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90)
  endif()
  if(ROUX_CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${ROUX_CCACHE})
  endif()
  enable_language(CUDA)
  # CMake 3.25 does not know nvcc's flag for C++20, which roux::roux asks of its users.
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA_STANDARD 20)
endmacro()

# roux_add_cuda_library(SOURCES ... [LIBRARIES ...])
#
# libroux_cuda.so: what needs CUDA, loaded when the configured device asks for it. Its kernels
# (*.cu) see no torch header: raw pointers and a stream; the glue is C++.
function(roux_add_cuda_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SOURCES;LIBRARIES")
  find_package(CUDAToolkit REQUIRED)
  foreach(library c10_cuda torch_cuda)
    add_library(roux::${library} SHARED IMPORTED)
    set_target_properties(roux::${library} PROPERTIES
      IMPORTED_LOCATION "${ROUX_TORCH_FOUND_DIR}/lib/lib${library}.so"
      IMPORTED_SONAME lib${library}.so)
  endforeach()

  add_library(roux_cuda SHARED ${arg_SOURCES})
  add_library(roux::cuda ALIAS roux_cuda)
  target_include_directories(roux_cuda PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${ROUX_NCCL_INCLUDE_DIR} ${CUDAToolkit_INCLUDE_DIRS})
  target_compile_definitions(roux_cuda PRIVATE USE_C10D_NCCL USE_DISTRIBUTED)
  target_link_libraries(roux_cuda PRIVATE
    roux::roux roux::torch roux::c10_cuda roux::torch_cuda CUDA::cudart ${arg_LIBRARIES}
    roux::warnings)
  # torch_cuda registers its kernels when it is loaded, whether or not a symbol of it is used. What
  # it needs itself (cuBLAS, cuDNN, NCCL) is not there where only the CPU set is.
  target_link_options(roux_cuda PRIVATE LINKER:--no-as-needed LINKER:--allow-shlib-undefined)
  set_target_properties(roux_cuda PROPERTIES INSTALL_RPATH "$ORIGIN;${ROUX_TORCH_FOUND_DIR}/lib")
  install(TARGETS roux_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()
