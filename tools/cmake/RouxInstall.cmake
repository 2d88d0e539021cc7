# What `cmake --install` lays down, and the package that find_package(roux) reads.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)
if(NOT TARGET roux)
  return()
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/roux)
install(TARGETS roux EXPORT rouxTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/roux DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT rouxTargets NAMESPACE roux:: DESTINATION ${package_dir})

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/rouxConfig.cmake.in ${PROJECT_BINARY_DIR}/cmake/rouxConfig.cmake
  INSTALL_DESTINATION ${package_dir})
# Before 1.0 any minor version may change what a recipe is written against.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cmake/rouxConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/cmake/rouxConfig.cmake ${PROJECT_BINARY_DIR}/cmake/rouxConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/RouxTorch.cmake
  ${CMAKE_CURRENT_LIST_DIR}/RouxRecipe.cmake ${CMAKE_CURRENT_LIST_DIR}/RouxEmbed.cmake
  DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/roux)
