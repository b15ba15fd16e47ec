// Users of the system, and what a process that holds secrets gives up.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.h"

namespace backstamp {

struct SystemUser {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
};

/// A user by name or number. Fails: not_found.
Result<SystemUser> find_user(const std::string& name_or_number);

/// For good: this process becomes that user, with no other group. Nothing happens when it is
/// already. Call before threads start. Fails: refused (it is not root), internal (root could be
/// regained).
Result<void> become_user(const SystemUser& user);

/// Makes `folder` (and those above it) when missing, mode 0700, and gives it to that user.
Result<void> make_folder_of(const std::filesystem::path& folder, const SystemUser& user);

/// No core dump, and no other process but root's may read this one's memory or trace it, not even
/// one of the same user. Call after become_user, which the kernel answers by its own default.
Result<void> keep_memory_private();

}  // namespace backstamp
