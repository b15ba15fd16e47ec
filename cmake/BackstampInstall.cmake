# `cmake --install`: programs, libraries, public headers and a CMake package.
