// A folder into which something else writes pictures.
#pragma once

#include <filesystem>

#include "station/capture/driver.h"

namespace backstamp::station::capture {

/// Files taken out are kept in the subfolder "taken", as many of the newest.
inline constexpr std::size_t kTakenKept = 1000;

/// Watches `folder` when called. A file is taken when it was closed after writing or moved in; at
/// the start, and after a flood, also those that lie there and have not changed for two seconds, in
/// the order of their names. Taken means: moved into the subfolder "taken", then read. Hidden
/// files, those called *.part, *.tmp or *~, links and all that is no plain file are left alone.
OpenDriver folder_opener(std::filesystem::path folder);

}  // namespace backstamp::station::capture
