// Keys, PIN, journal and memory of a meter box, tried by those who should not have them. Needs
// root, to be other users; says so and is skipped otherwise.
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "datacenter/meterbox/client.h"
#include "tests/support/meterbox.h"

namespace backstamp::test {
namespace {

constexpr uid_t kBoxUser = 64101;
constexpr uid_t kFunctionServer = 64102;
constexpr uid_t kStranger = 64103;

/// What `attempt` returns (0 to 100) when that user makes it; 255 when it could not be made.
int as_user(uid_t user, const std::function<int()>& attempt) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(user, user, user) != 0 ||
        ::setresuid(user, user, user) != 0) {
      ::_exit(255);
    }
    ::_exit(attempt());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}

bool can_open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

/// How many of the secrets of the process and its files can be had.
int secrets_had(pid_t box, const std::vector<std::string>& files) {
  int had = 0;
  for (const std::string& file : files) had += can_open(file);
  const std::string of = "/proc/" + std::to_string(box);
  for (const char* name : {"/mem", "/environ", "/maps", "/auxv"}) had += can_open(of + name);
  had += ::ptrace(PTRACE_ATTACH, box, nullptr, nullptr) == 0;
  had += ::ptrace(PTRACE_SEIZE, box, nullptr, nullptr) == 0;
  had += ::kill(box, 0) == 0 && ::geteuid() != kBoxUser;
  return had;
}

std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  return files;
}

/// Does the box answer this user?
int is_served(const std::filesystem::path& socket) {
  const auto client =
      datacenter::meterbox::Client::connect(socket, {}, std::chrono::milliseconds(5000));
  return client ? 1 : client.error().kind == ErrorKind::refused ? 0 : 2;
}

TEST_CASE("no other user can read a meter box's keys, PIN, journal or memory, nor ask it") {
  if (::geteuid() != 0) SKIP("only root can try as other users");
  const TemporaryFolder folder(quick_folder());
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  MeterBoxProcess box(folder);
  box.init({"--user", std::to_string(kBoxUser)});
  // The socket and the file that says it is ready need a folder that the box may write.
  REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
  box.start({"--user", std::to_string(kBoxUser), "--allow-uid", std::to_string(kFunctionServer)});
  INFO(box.log());
  REQUIRE(box.await());
  auto files = files_below(box.box());
  const auto token = files_below(box.token());
  files.insert(files.end(), token.begin(), token.end());
  REQUIRE(files.size() > 8);
  struct stat status {};
  REQUIRE(::stat(("/proc/" + std::to_string(box.pid()) + "/task").c_str(), &status) == 0);

  // The attempt itself works where nothing is hidden: root has all the files, a stranger one that
  // is open to all.
  int all = 0;
  for (const std::string& file : files) all += can_open(file);
  CHECK(all == static_cast<int>(files.size()));
  const std::string open_to_all = (folder / "open").string();
  write_text(open_to_all, "x");
  CHECK(as_user(kStranger, [&] { return secrets_had(box.pid(), {open_to_all}); }) == 1);

  CHECK(as_user(kStranger, [&] { return secrets_had(box.pid(), files); }) == 0);
  CHECK(as_user(kFunctionServer, [&] { return secrets_had(box.pid(), files); }) == 0);
  // Even another process of its own user reads files, but not its memory.
  CHECK(as_user(kBoxUser, [&] { return secrets_had(box.pid(), {}); }) == 0);

  CHECK(as_user(kFunctionServer, [&] { return is_served(box.socket()); }) == 1);
  CHECK(as_user(kStranger, [&] { return is_served(box.socket()); }) == 0);
  CHECK(is_served(box.socket()) == 0);  // not even root, who was not named
  CHECK(box.stop() == 0);
}

}  // namespace
}  // namespace backstamp::test
