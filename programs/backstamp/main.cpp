// backstamp COMMAND …: becomes backstamp-COMMAND, which lies beside it.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
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
    {"replay", "show the events a station would record of recorded mail"},
    {"station", "run a scan station: read, verify, decide, journal, report"},
    {"datacenter", "run the data center, add meters and stations, report on the mail"},
    {"meterbox", "run the secure meter box: keys and value of all accounts, behind an HSM"},
    {"meter", "print indicia against funds, and hear what became of the mail"},
    {"dataset", "make, inspect, verify and unpack recorded mail"},
    {"calibrate", "measure what a camera delivers, and check it later"},
    {"demo", "play the whole loop on this machine, with trouble planted"},
    {"keys", "make and inspect keys, and sign whom stations believe"},
    {"bench", "measure this machine, and how well your mail is read"},
    {"fake-camera", "a GigE Vision camera without glass, for trials"},
    {"doctor", "look at a machine's cameras, network, clock, disk and keys, and say what to do"},
    {"check-config", "name every fault of a configuration, or say what it comes to"},
    {"simulate", "run a sorting line without hardware, and see how the station keeps up"},
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
  std::fprintf(to,
               "\nExamples:\n"
               "  backstamp demo                 the whole loop on this machine, in a minute\n"
               "  backstamp read envelope.png    the codes on a picture\n");
}

/// A command's name is letters and dashes: never a way into another folder.
bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == text.npos &&
         text.front() != '-';
}

/// How many letters must be changed, added or left out to make one word of the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

int unknown(std::string_view command) {
  const Command* nearest = nullptr;
  std::size_t least = 3;  // more than two letters away is another word
  for (const Command& one : kCommands) {
    if (!present(one.name) || command.size() > 32) continue;
    const std::size_t letters = distance(command, one.name);
    if (letters < least) nearest = &one;
    least = std::min(least, letters);
  }
  std::fprintf(stderr, "backstamp: no command '%.*s'; `backstamp --help` lists them\n",
               static_cast<int>(command.size()), command.data());
  if (nearest != nullptr) std::fprintf(stderr, "did you mean '%s'?\n", nearest->name);
  return 2;
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
  if (!is_name(command) || !known || !present(command)) return unknown(command);
  const std::string program = program_of(command).string();
  std::vector<char*> rest(arguments + 1, arguments + argument_count);
  rest.push_back(nullptr);
  ::execv(program.c_str(), rest.data());
  std::fprintf(stderr, "backstamp: %s: %s\n", program.c_str(), std::strerror(errno));
  return 1;
}
