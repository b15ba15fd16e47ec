# Every third-party library, found once. `scripts/setup` installs them on Debian 12 and 13.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(yaml-cpp REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)   # 0.7 exports it under its bare name
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
find_package(ZXing REQUIRED)
find_package(cppzmq REQUIRED)
find_package(Protobuf REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(LibArchive REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)

find_path(ZINT_INCLUDE_DIR zint.h REQUIRED)     # no CMake package on Debian 12
find_library(ZINT_LIBRARY zint REQUIRED)
add_library(zint::zint UNKNOWN IMPORTED)
set_target_properties(zint::zint PROPERTIES
  IMPORTED_LOCATION "${ZINT_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${ZINT_INCLUDE_DIR}")

if(BACKSTAMP_TESTS)
  find_package(Catch2 3 REQUIRED)
endif()
