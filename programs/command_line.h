// What all programs share: exit codes, and how a fault is told to a person.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
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

/// `text` with line breaks, so that no line is longer than `columns` (unless a word is).
inline std::string wrapped(const std::string& text, std::size_t columns) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string word = text.substr(at, end - at);
    if (column > 0 && column + 1 + word.size() > columns) {
      out += '\n';
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    if (end < text.size() && text[end] == '\n') {
      out += '\n';
      column = 0;
    }
    at = end + 1;
  }
  return out;
}

/// CLI11 sets descriptions in a column of their own, 30 from the left, and does not break them.
inline void wrap_descriptions(CLI::App& app) {
  constexpr std::size_t kColumns = 68;
  for (CLI::Option* option : app.get_options()) {
    option->description(wrapped(option->get_description(), kColumns));
  }
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->description(wrapped(command->get_description(), kColumns));
    wrap_descriptions(*command);
  }
}

/// Parses the command line. Returns kDone to go on, kUsage on a fault; -1 when help was printed.
inline int parse(CLI::App& app, int argc, char** argv) {
  wrap_descriptions(app);
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
