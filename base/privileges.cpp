#include "base/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <vector>

#include "base/file.h"

namespace backstamp {

Result<SystemUser> find_user(const std::string& name_or_number) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> texts(16384);
  if (::getpwnam_r(name_or_number.c_str(), &entry, texts.data(), texts.size(), &found) == 0 &&
      found != nullptr) {
    return SystemUser{entry.pw_uid, entry.pw_gid};
  }
  std::uint32_t number = 0;
  const char* last = name_or_number.data() + name_or_number.size();
  const auto read = std::from_chars(name_or_number.data(), last, number);
  if (read.ec != std::errc() || read.ptr != last) {
    return fail(ErrorKind::not_found, "no user \"" + name_or_number + "\" on this machine");
  }
  if (::getpwuid_r(number, &entry, texts.data(), texts.size(), &found) == 0 && found != nullptr) {
    return SystemUser{entry.pw_uid, entry.pw_gid};
  }
  return SystemUser{number, number};
}

Result<void> become_user(const SystemUser& user) {
  if (::getuid() == user.user && ::geteuid() == user.user) return {};
  if (::geteuid() != 0) {
    return fail(ErrorKind::refused, "only root can become another user");
  }
  if (::setgroups(0, nullptr) != 0 || ::setresgid(user.group, user.group, user.group) != 0 ||
      ::setresuid(user.user, user.user, user.user) != 0) {
    return std::unexpected(system_error("become user " + std::to_string(user.user), errno));
  }
  if (user.user != 0 && ::setuid(0) == 0) {
    return fail(ErrorKind::internal, "root could be regained after it was given up");
  }
  return {};
}

Result<void> make_folder_of(const std::filesystem::path& folder, const SystemUser& user) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  if (::geteuid() != user.user && ::chown(folder.c_str(), user.user, user.group) != 0) {
    return std::unexpected(system_error("give away " + folder.string(), errno));
  }
  return {};
}

Result<void> keep_memory_private() {
  const rlimit none{0, 0};
  if (::prctl(PR_SET_DUMPABLE, 0) != 0 || ::setrlimit(RLIMIT_CORE, &none) != 0 ||
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::unexpected(system_error("keep memory private", errno));
  }
  return {};
}

}  // namespace backstamp
