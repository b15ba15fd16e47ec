# Installs the build, moves what was installed, and builds and runs a stranger's program against it.
#   cmake -DBUILD=… -DWORK=… -DSOURCE=… -DCOMPILER=… -DTYPE=… -DFLAGS=… -P check.cmake
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/first"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${WORK}/first" "${WORK}/moved")

file(GLOB_RECURSE texts "${WORK}/moved/*.cmake" "${WORK}/moved/*.service")
foreach(text ${texts})
  file(READ "${text}" content)
  foreach(place "${BUILD}" "${WORK}" "${SOURCE}")
    string(FIND "${content}" "${place}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${text} names ${place}: what is installed could not be moved")
    endif()
  endforeach()
endforeach()

run("${WORK}/moved/bin/backstamp" --help)
run("${CMAKE_COMMAND}" -S "${SOURCE}/tests/install/consumer" -B "${WORK}/consumer" -G Ninja
  "-DCMAKE_PREFIX_PATH=${WORK}/moved" "-DCMAKE_CXX_COMPILER=${COMPILER}"
  "-DCMAKE_BUILD_TYPE=${TYPE}" "-DCMAKE_CXX_FLAGS=${FLAGS}")
run("${CMAKE_COMMAND}" --build "${WORK}/consumer")
run("${WORK}/consumer/consumer")
