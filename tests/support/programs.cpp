#include "tests/support/programs.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <random>

#include "base/file.h"

namespace backstamp::test {
namespace {

constexpr std::uint64_t kOutputBytes = 256ull << 20;

bool can_bind(std::uint16_t port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::filesystem::path program(const std::string& name) {
  return std::filesystem::path(BACKSTAMP_BIN_DIR) / name;
}

std::string read_text(const std::filesystem::path& path) {
  const auto content = read_file(path, kOutputBytes);
  return content ? std::string(as_text(*content)) : "";
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  REQUIRE(write_file_durably(path, as_bytes(text)));
}

ChildProcess start(const std::string& name, const std::vector<std::string>& arguments,
                   const std::filesystem::path& out, const std::filesystem::path& err) {
  // The shell only redirects; it becomes the program.
  std::vector<std::string> line = {"/bin/sh",
                                   "-c",
                                   "out=$1; err=$2; shift 2; exec \"$@\" </dev/null >>\"$out\" "
                                   "2>>\"$err\"",
                                   "sh",
                                   out.string(),
                                   err.string(),
                                   program(name).string()};
  line.insert(line.end(), arguments.begin(), arguments.end());
  auto child = ChildProcess::start(line);
  REQUIRE(child);
  return std::move(*child);
}

int exit_of(ChildProcess& child, std::chrono::seconds limit) {
  const auto status = child.wait_for(limit);
  if (!status) {
    child.signal(SIGKILL);
    (void)child.wait_for(std::chrono::seconds(10));
    return -1;
  }
  return WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
}

Ran run(const std::string& name, const std::vector<std::string>& arguments,
        std::chrono::seconds limit) {
  const TemporaryFolder folder;
  ChildProcess child = start(name, arguments, folder / "out", folder / "err");
  Ran ran;
  ran.exit = exit_of(child, limit);
  ran.out = read_text(folder / "out");
  ran.err = read_text(folder / "err");
  return ran;
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    from = end + 1;
    INFO(line);
    Json json = Json::parse(line, nullptr, false);
    REQUIRE(json.is_object());
    lines.push_back(std::move(json));
  }
  return lines;
}

std::uint16_t free_port() {
  std::random_device random;
  for (int tries = 0; tries < 1000; ++tries) {
    const auto port = static_cast<std::uint16_t>(20000 + random() % 12000);
    if (can_bind(port)) return port;
  }
  FAIL("no free port");
  return 0;
}

std::uint64_t printed_seed() {
  const char* given = std::getenv("BACKSTAMP_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("BACKSTAMP_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

bool long_run() {
  const char* given = std::getenv("BACKSTAMP_LONG");
  return given != nullptr && *given != '\0' && *given != '0';
}

}  // namespace backstamp::test
