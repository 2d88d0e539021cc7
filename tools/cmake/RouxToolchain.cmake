# How everything here is compiled: the standard, the sanitizers, and the cache and linker that
# make it quick where they are installed.
include_guard(GLOBAL)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

find_program(ROUX_CCACHE ccache)
if(ROUX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ROUX_CCACHE})
endif()

find_program(ROUX_MOLD mold)
if(ROUX_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(ROUX_SANITIZE)
  add_compile_options(-fsanitize=${ROUX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ROUX_SANITIZE})
endif()
