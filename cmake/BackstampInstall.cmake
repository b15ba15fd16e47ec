# `cmake --install BUILD --prefix P`: programs, libraries, public headers (those at a room's root),
# manual pages, service units and a CMake package. P may be moved afterwards.
include(CMakePackageConfigHelpers)
set(package "${CMAKE_INSTALL_LIBDIR}/cmake/Backstamp")

get_property(rooms GLOBAL PROPERTY backstamp_rooms)
get_property(programs GLOBAL PROPERTY backstamp_programs)
install(TARGETS ${programs} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS ${rooms} EXPORT BackstampTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")

foreach(folder ${BACKSTAMP_ROOMS})
  file(GLOB headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.h")
  install(FILES ${headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/backstamp/${folder}")
endforeach()

install(EXPORT BackstampTargets NAMESPACE Backstamp:: DESTINATION "${package}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/BackstampConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/BackstampConfig.cmake" INSTALL_DESTINATION "${package}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/BackstampConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/BackstampConfig.cmake"
  "${PROJECT_BINARY_DIR}/BackstampConfigVersion.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/BackstampDependencies.cmake"
  DESTINATION "${package}")

file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/man/*.1")
if(pages)
  install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md"
              "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
