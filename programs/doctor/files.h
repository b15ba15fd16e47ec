// Files and folders: who may read them, whether they can be written, how fast, how full.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "programs/doctor/findings.h"

namespace backstamp::doctor {

/// A file that only its owner may read, and that this user can.
void check_secret(Findings& findings, const std::filesystem::path& path);

/// A folder that is there or could be made, and takes a file. True when it is there and does.
bool check_folder(Findings& findings, const char* check, const std::filesystem::path& folder);

/// Free space where `folder` lies.
void check_space(Findings& findings, const std::filesystem::path& folder);

/// How long a small write takes to be on stable storage there; writes and removes a file.
void check_sync(Findings& findings, const std::filesystem::path& folder);

/// Who holds the lock on this file, as a process id; none: nobody, or there is no such file.
std::optional<int> lock_holder(const std::filesystem::path& path);

/// "backstamp-station (1234)".
std::string describe_process(int pid);

}  // namespace backstamp::doctor
