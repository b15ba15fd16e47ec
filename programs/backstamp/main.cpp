// backstamp COMMAND …: becomes backstamp-COMMAND, which lies beside it.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/process.h"

namespace {

namespace fs = std::filesystem;

struct Command {
  const char* name;
  const char* what;
};

constexpr Command kCommands[] = {
    {"read", "read the codes on pictures of mail"},
    {"replay", "run recorded mail through a station"},
    {"station", "run a scan station"},
    {"datacenter", "run the data center"},
    {"meterbox", "run the secure meter box"},
    {"meter", "print indicia and follow one's mail"},
    {"dataset", "make, inspect and export recorded mail"},
    {"calibrate", "calibrate a camera and accept a lane"},
    {"simulate", "run the whole loop in one process"},
    {"keys", "make and inspect keys and bundles"},
    {"bench", "measure"},
    {"doctor", "look for what is wrong with an installation"},
    {"check-config", "check a configuration file"},
};

fs::path program_of(std::string_view command) {
  return backstamp::program_folder() / ("backstamp-" + std::string(command));
}

bool present(std::string_view command) {
  return ::access(program_of(command).c_str(), X_OK) == 0;
}

void print_help(std::FILE* to) {
  std::fprintf(to,
               "Backstamp reads, verifies and reconciles mail.\n\n"
               "Usage: backstamp COMMAND [ARGUMENTS]\n"
               "       backstamp COMMAND --help    what a command does, with examples\n\n"
               "Commands:\n");
  for (const Command& command : kCommands)
    if (present(command.name)) std::fprintf(to, "  %-14s %s\n", command.name, command.what);
}

/// A command's name is letters and dashes: never a way into another folder.
bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == text.npos &&
         text.front() != '-';
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::string_view command = argument_count > 1 ? arguments[1] : "";
  if (command == "--help" || command == "-h" || command == "help") {
    print_help(stdout);
    return 0;
  }
  if (command.empty()) {
    print_help(stderr);
    return 2;
  }
  const bool known = std::any_of(std::begin(kCommands), std::end(kCommands),
                                 [&](const Command& c) { return command == c.name; });
  if (!is_name(command) || !known || !present(command)) {
    std::fprintf(stderr, "backstamp: no command '%s'; `backstamp --help` lists them\n",
                 arguments[1]);
    return 2;
  }
  const std::string program = program_of(command).string();
  std::vector<char*> rest(arguments + 1, arguments + argument_count);
  rest.push_back(nullptr);
  ::execv(program.c_str(), rest.data());
  std::fprintf(stderr, "backstamp: %s: %s\n", program.c_str(), std::strerror(errno));
  return 1;
}
