# Every third-party library, found once: by this build, and, installed, by find_package(Backstamp).
# `scripts/setup` installs them on Debian 12 and 13.
if(NOT COMMAND backstamp_find)   # BackstampConfig.cmake has its own
  macro(backstamp_find)
    find_package(${ARGN} REQUIRED)
  endmacro()
endif()

backstamp_find(Threads)
backstamp_find(OpenSSL 3.0)
backstamp_find(yaml-cpp)
if(NOT TARGET yaml-cpp::yaml-cpp)   # 0.7 exports it under its bare name
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
backstamp_find(ZXing)
backstamp_find(hwy)
backstamp_find(cppzmq)
backstamp_find(Protobuf)
backstamp_find(nlohmann_json)
backstamp_find(CLI11)
backstamp_find(SQLite3)
backstamp_find(LibArchive)
backstamp_find(Boost 1.74 CONFIG)
backstamp_find(PkgConfig)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
pkg_check_modules(aravis REQUIRED IMPORTED_TARGET aravis-0.8)
pkg_check_modules(libmodbus REQUIRED IMPORTED_TARGET libmodbus)
# PKCS#11: its header alone; the library of an HSM is loaded when it is used.
pkg_get_variable(pkcs11_include p11-kit-1 includedir)
find_path(PKCS11_INCLUDE_DIR p11-kit/pkcs11.h HINTS "${pkcs11_include}" PATH_SUFFIXES p11-kit-1 REQUIRED)
mark_as_advanced(PKCS11_INCLUDE_DIR)

# A library without a CMake package: its target, from one of its headers and its name.
function(backstamp_find_library target library header)
  if(TARGET ${target})
    return()
  endif()
  string(MAKE_C_IDENTIFIER "${library}" id)
  find_path(${id}_INCLUDE_DIR ${header} PATH_SUFFIXES opencv4 REQUIRED)
  find_library(${id}_LIBRARY ${library} REQUIRED)
  mark_as_advanced(${id}_INCLUDE_DIR ${id}_LIBRARY)
  add_library(${target} UNKNOWN IMPORTED)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${${id}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${${id}_INCLUDE_DIR}")
endfunction()

if(NOT TARGET pkcs11::header)
  add_library(pkcs11::header INTERFACE IMPORTED)
  target_include_directories(pkcs11::header SYSTEM INTERFACE "${PKCS11_INCLUDE_DIR}")
endif()

backstamp_find_library(zint::zint zint zint.h)   # no CMake package on Debian 12
# OpenCV's CMake package comes with all its modules only: two hundred packages more than we use.
backstamp_find_library(opencv::core opencv_core opencv2/core.hpp)
backstamp_find_library(opencv::imgproc opencv_imgproc opencv2/imgproc.hpp)
backstamp_find_library(opencv::imgcodecs opencv_imgcodecs opencv2/imgcodecs.hpp)
# Optional: cameras of kind video (V4L2, RTSP), 80 packages more.
find_library(opencv_videoio_LIBRARY opencv_videoio)
find_path(opencv_videoio_INCLUDE_DIR opencv2/videoio.hpp PATH_SUFFIXES opencv4)
if(opencv_videoio_LIBRARY AND opencv_videoio_INCLUDE_DIR)
  backstamp_find_library(opencv::videoio opencv_videoio opencv2/videoio.hpp)
endif()
