# How everything here is compiled: the standard, the sanitizers, and the cache and linker that
# make it quick where they are installed.
include_guard(GLOBAL)
include(GNUInstallDirs)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

# Installed programs find libroux.so beside them; libroux.so knows where LibTorch lies.
file(RELATIVE_PATH bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
set(CMAKE_INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
# What is loaded by name (libroux_sentencepiece.so) lies with libroux.so.
set(CMAKE_BUILD_RPATH ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})

# A room's find_package is seen where libroux.so and the tests are linked.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

find_program(ROUX_CCACHE ccache DOC "Compiler cache, used where it is installed")
if(ROUX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ROUX_CCACHE})
endif()

find_program(ROUX_MOLD mold DOC "Quick linker, used where it is installed")
if(ROUX_MOLD)
  add_link_options($<$<LINK_LANGUAGE:CXX>:-fuse-ld=mold>)
endif()

if(ROUX_SANITIZE)
  add_compile_options(-fsanitize=${ROUX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ROUX_SANITIZE})
endif()
