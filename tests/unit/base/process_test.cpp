#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "tests/support/temporary_folder.h"

using namespace backstamp;
using backstamp::test::TemporaryFolder;
using namespace std::chrono_literals;

namespace {

constexpr const char* kFolderVariable = "BACKSTAMP_TEST_FOLDER";

Result<ChildProcess> shell(const std::string& script, const std::vector<int>& inherited = {}) {
  return ChildProcess::start({"/bin/sh", "-c", script}, inherited);
}

bool exits_with(Result<ChildProcess> child, int code) {
  REQUIRE(child.has_value());
  const auto status = child->wait_for(20s);
  return status && WIFEXITED(*status) && WEXITSTATUS(*status) == code;
}

void wait_until_there(const std::filesystem::path& path) {
  while (!std::filesystem::exists(path)) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a child's exit status is told, again and again") {
  auto child = shell("exit 7");
  REQUIRE(child.has_value());
  const auto status = child->wait_for(20s);
  REQUIRE(status.has_value());
  CHECK(WEXITSTATUS(*status) == 7);
  CHECK(child->wait_for(0ms) == status);
  CHECK_FALSE(child->running());
  child->signal(SIGKILL);  // nothing to hit any more
}

TEST_CASE("a child that cannot be started is an error that names it") {
  const auto child = ChildProcess::start({"/nonexistent/worker"});
  REQUIRE_FALSE(child.has_value());
  CHECK(child.error().message.find("/nonexistent/worker") != std::string::npos);
  CHECK_FALSE(ChildProcess::start({}).has_value());
}

TEST_CASE("a child is signalled while it runs, and killed when its owner goes") {
  auto child = shell("exec sleep 1000");
  REQUIRE(child.has_value());
  CHECK(child->running());
  CHECK_FALSE(child->wait_for(1ms).has_value());
  child->signal(SIGTERM);
  const auto status = child->wait_for(20s);
  REQUIRE(status.has_value());
  CHECK(WIFSIGNALED(*status));

  pid_t pid = -1;
  {
    auto other = shell("exec sleep 1000");
    REQUIRE(other.has_value());
    ChildProcess moved = std::move(*other);
    pid = moved.pid();
    CHECK(moved.running());
  }
  CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("a child has the descriptors it was given and no others") {
  const UniqueFd given(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd hidden(::open("/dev/null", O_RDONLY));  // without close-on-exec
  const auto has = [](int fd) { return "test -e /proc/self/fd/" + std::to_string(fd); };
  CHECK(exits_with(shell(has(given.get()), {given.get()}), 0));
  CHECK(exits_with(shell(has(hidden.get()), {given.get()}), 1));
  CHECK(exits_with(shell(has(given.get())), 1));
}

TEST_CASE("the folder of the running program is told") {
  CHECK(std::filesystem::exists(program_folder() / "test_unit_base"));
}

// Run in a process of its own by the test below.
TEST_CASE("waits for two signals", "[.signals]") {
  const char* name = ::getenv(kFolderVariable);
  REQUIRE(name != nullptr);
  const std::filesystem::path folder(name);
  const auto token = stop_on_signals().get_token();
  REQUIRE(write_file_durably(folder / "ready", {}).has_value());
  while (!token.stop_requested()) std::this_thread::sleep_for(1ms);
  REQUIRE(write_file_durably(folder / "stopping", {}).has_value());
  while (true) ::pause();
}

TEST_CASE("the first signal asks for a stop and the second ends the program") {
  const TemporaryFolder folder;
  ::setenv(kFolderVariable, folder.path().c_str(), 1);
  auto child = ChildProcess::start({(program_folder() / "test_unit_base").string(), "[.signals]"});
  REQUIRE(child.has_value());
  wait_until_there(folder.path() / "ready");
  child->signal(SIGTERM);
  wait_until_there(folder.path() / "stopping");
  child->signal(SIGTERM);
  const auto status = child->wait_for(20s);
  REQUIRE(status.has_value());
  CHECK(WIFEXITED(*status));
  CHECK(WEXITSTATUS(*status) == 128 + SIGTERM);
}
