# What the build stands on: LibTorch, and CUDA where it is wanted. (A room finds its own libraries
# in its CMakeLists.txt.)
include_guard(GLOBAL)
include(RouxTorch)
include(RouxCuda)

roux_deps_torch(${PROJECT_SOURCE_DIR} deps_torch)
roux_locate_torch(ROUX_TORCH_FOUND_DIR ROUX_TORCH_SOURCE torch_notes ${deps_torch})
if(torch_notes)
  message(STATUS "${torch_notes}")
endif()
if(NOT ROUX_TORCH_FOUND_DIR)
  message(FATAL_ERROR "LibTorch ${ROUX_TORCH_VERSION_WANTED} was not found. Run tools/setup, which "
    "puts it into .deps/, or give the folder of one with -DROUX_TORCH_DIR=...")
endif()
roux_torch_version(${ROUX_TORCH_FOUND_DIR} ROUX_TORCH_VERSION)
roux_import_torch(${ROUX_TORCH_FOUND_DIR})

set(ROUX_CUDA_FOUND OFF)
if(NOT ROUX_WITH_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "ROUX_WITH_CUDA must be AUTO, ON or OFF, but is ${ROUX_WITH_CUDA}")
elseif(ROUX_WITH_CUDA)  # AUTO is true in CMake's eyes too
  roux_find_cuda(${ROUX_TORCH_FOUND_DIR})
  if(ROUX_WITH_CUDA STREQUAL "ON" AND NOT ROUX_CUDA_FOUND)
    message(FATAL_ERROR "ROUX_WITH_CUDA is ON, but ${ROUX_CUDA_MISSING} was not found.")
  endif()
endif()
# Asking nvcc who it is takes seconds: only once there is something to compile.
if(ROUX_CUDA_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/framework/cuda/CMakeLists.txt)
  roux_enable_cuda()
endif()
