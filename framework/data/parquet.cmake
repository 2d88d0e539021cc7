# libroux_parquet.so, where Arrow's C++ library is found: installed with its CMake packages, or in
# pyarrow's wheel, which holds headers and libraries. ROUX_ARROW names such a folder; without it,
# .deps/parquet (tools/setup --parquet) is looked at.
set(ROUX_ARROW "" CACHE PATH "pyarrow's folder (include/ with libarrow and libparquet beside it)")
set(arrow_folder ${ROUX_ARROW})
if(NOT arrow_folder)
  file(GLOB arrow_folder ${PROJECT_SOURCE_DIR}/.deps/parquet/lib/python*/site-packages/pyarrow)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/.deps/parquet/complete)
    set(arrow_folder "")
  endif()
endif()

set(arrow_libraries "")
if(arrow_folder)
  file(GLOB arrow_libraries ${arrow_folder}/libarrow.so* ${arrow_folder}/libparquet.so*)
  # One name of each is enough: a wheel has one, an installation several.
  list(FILTER arrow_libraries INCLUDE REGEX "\\.so(\\.[0-9]+)?$")
  if(NOT arrow_libraries OR NOT EXISTS ${arrow_folder}/include/parquet/arrow/reader.h)
    message(FATAL_ERROR "ROUX_ARROW: ${arrow_folder} must hold include/parquet, libarrow.so and libparquet.so")
  endif()
else()
  find_package(Arrow CONFIG QUIET)
  find_package(Parquet CONFIG QUIET)
  if(Parquet_FOUND)
    set(arrow_libraries Parquet::parquet_shared Arrow::arrow_shared)
  endif()
endif()

if(arrow_libraries)
  add_library(roux_parquet MODULE parquet_library.cpp)
  target_include_directories(roux_parquet PRIVATE ${PROJECT_SOURCE_DIR}/framework)
  if(arrow_folder)
    target_include_directories(roux_parquet SYSTEM PRIVATE ${arrow_folder}/include)
    set_target_properties(roux_parquet PROPERTIES
      BUILD_RPATH ${arrow_folder} INSTALL_RPATH "$ORIGIN;${arrow_folder}")
  endif()
  target_link_libraries(roux_parquet PRIVATE ${arrow_libraries} roux::warnings)
  add_library(roux_loads_parquet INTERFACE)  # whoever links the room has it built
  add_dependencies(roux_loads_parquet roux_parquet)
  install(TARGETS roux_parquet LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set(roux_parquet_target roux_loads_parquet)
else()
  set(roux_parquet_target "")
endif()
