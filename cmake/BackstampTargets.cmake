# How a room's library, a program and a test are made: one helper each.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

# Programs' mains and tests join the rooms and own none of their work: little optimisation halves
# the time their templates take to compile.
set(BACKSTAMP_THIN $<$<NOT:$<CONFIG:Debug>>:-O1>)

add_library(backstamp_options INTERFACE)
target_compile_features(backstamp_options INTERFACE cxx_std_23)
target_compile_options(backstamp_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(BACKSTAMP_WERROR)
  target_compile_options(backstamp_options INTERFACE -Werror)
endif()
if(BACKSTAMP_SANITIZE)
  target_compile_options(backstamp_options INTERFACE
    -fsanitize=${BACKSTAMP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(backstamp_options INTERFACE -fsanitize=${BACKSTAMP_SANITIZE})
endif()
if(BACKSTAMP_FUZZ)
  target_compile_options(backstamp_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
  target_link_options(backstamp_options INTERFACE -fsanitize=address,undefined)
endif()

# backstamp_room(NAME SOURCES file... [PUBLIC target...] [PRIVATE target...])
# One static library a folder, backstamp_NAME, also known as Backstamp::NAME.
function(backstamp_room name)
  cmake_parse_arguments(room "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(backstamp_${name} STATIC ${room_SOURCES})
  add_library(Backstamp::${name} ALIAS backstamp_${name})
  set_target_properties(backstamp_${name} PROPERTIES EXPORT_NAME ${name} CXX_EXTENSIONS OFF)
  target_compile_features(backstamp_${name} PUBLIC cxx_std_23)
  target_include_directories(backstamp_${name} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/backstamp>")
  target_link_libraries(backstamp_${name}
    PUBLIC ${room_PUBLIC}
    PRIVATE ${room_PRIVATE} $<BUILD_INTERFACE:backstamp_options>)
  set_property(GLOBAL APPEND PROPERTY backstamp_rooms backstamp_${name})
endfunction()

# `programs` builds the programs alone, without tests.
add_custom_target(programs)

# backstamp_program(NAME SOURCES file... LINKS target...): the executable backstamp-NAME.
function(backstamp_program name)
  cmake_parse_arguments(program "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(backstamp-${name} ${program_SOURCES})
  set_target_properties(backstamp-${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_include_directories(backstamp-${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(backstamp-${name} PRIVATE ${program_LINKS} backstamp_options)
  target_compile_options(backstamp-${name} PRIVATE ${BACKSTAMP_THIN})
  target_compile_definitions(backstamp-${name} PRIVATE BACKSTAMP_VERSION="${PROJECT_VERSION}")
  add_dependencies(programs backstamp-${name})
  set_property(GLOBAL APPEND PROPERTY backstamp_programs backstamp-${name})
endfunction()

# backstamp_test(NAME SOURCES file... LINKS target... [LABELS label...])
# One Catch2 program, test_NAME, run as one ctest test named NAME.
function(backstamp_test name)
  cmake_parse_arguments(test "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  string(REPLACE "/" "_" target "test_${name}")
  add_executable(${target} ${test_SOURCES})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${test_LINKS} Catch2::Catch2WithMain backstamp_options)
  target_compile_options(${target} PRIVATE ${BACKSTAMP_THIN})
  target_compile_definitions(${target} PRIVATE
    BACKSTAMP_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    BACKSTAMP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${target})
  # 4: Catch2 skipped every case, and said why.
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${test_LABELS}" SKIP_RETURN_CODE 4)
endfunction()
