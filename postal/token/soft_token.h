// What keeps a token of SoftHSM alive: it writes the file that makes it a token anew at every
// login, in place, and a process that is killed then leaves it empty and all keys out of reach.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace backstamp::postal {

/// Keeps a copy of what makes each token of this configuration (as make_soft_token writes it) one.
Result<void> keep_soft_tokens(const std::filesystem::path& softhsm_conf);

/// Puts the copy in the place of one that was cut short. Nothing without a configuration or copies.
void heal_soft_tokens(const std::filesystem::path& softhsm_conf);

}  // namespace backstamp::postal
