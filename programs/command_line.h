// What all programs share: exit codes, and how a fault is told to a person.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/error.h"

namespace backstamp::programs {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  ///< the work failed
inline constexpr int kUsage = 2;   ///< the command line is wrong

/// "backstamp-read: faces/7.png: truncated" on standard error; returns kFailed.
inline int failed(const std::string& program, const Error& error) {
  std::fprintf(stderr, "backstamp-%s: %s\n", program.c_str(), error.message.c_str());
  return kFailed;
}

/// Parses the command line. Returns kDone to go on, kUsage on a fault; -1 when help was printed.
inline int parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return kDone;
  } catch (const CLI::Success& success) {
    app.exit(success);
    return -1;
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kUsage;
  }
}

}  // namespace backstamp::programs

/// In main: parses or leaves with the right exit code.
#define BACKSTAMP_PARSE(app, argc, argv)                                             \
  if (const int parsed = ::backstamp::programs::parse(app, argc, argv); parsed != 0) \
  return parsed < 0 ? 0 : parsed
