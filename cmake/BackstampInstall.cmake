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

# Manual pages, made of what the programs say under --help. With the programs alone, as the target
# `programs` builds them, there are none to install.
set(pages "")
foreach(program ${programs})
  if(NOT program MATCHES "-worker$")
    set(page "${PROJECT_BINARY_DIR}/man/${program}.1")
    add_custom_command(OUTPUT "${page}"
      COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=$<TARGET_FILE:${program}>" "-DNAME=${program}"
              "-DVERSION=${PROJECT_VERSION}" "-DOUT=${page}"
              -P "${CMAKE_CURRENT_LIST_DIR}/man_page.cmake"
      DEPENDS ${program} "${CMAKE_CURRENT_LIST_DIR}/man_page.cmake" VERBATIM)
    list(APPEND pages "${page}")
  endif()
endforeach()
add_custom_target(man ALL DEPENDS ${pages})
add_dependencies(man programs)   # `backstamp --help` lists its sisters
install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" OPTIONAL)

# systemd finds programs in /usr/bin and /usr/local/bin by name, so units name no prefix.
install(FILES "${PROJECT_SOURCE_DIR}/docs/systemd/backstamp-datacenter.service"
              "${PROJECT_SOURCE_DIR}/docs/systemd/backstamp-meterbox.service"
              "${PROJECT_SOURCE_DIR}/docs/systemd/backstamp-station@.service"
  DESTINATION lib/systemd/system)
install(FILES "${PROJECT_SOURCE_DIR}/docs/systemd/backstamp.conf" DESTINATION lib/sysusers.d)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/systemd/backstamp-station@.service.d"
  DESTINATION lib/systemd/system)   # examples: systemd reads none that does not end in .conf

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md"
              "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
