// What the loop says of tokens in doubt, scene by scene: who is believed, and what is done.
#pragma once

#include <vector>

#include "programs/demo/outcome.h"
#include "programs/demo/post_office.h"

namespace backstamp::demo {

/// The rows that the belt has shown already (`books`, of the first station alone), and those that
/// need further stations, which are run here.
Result<std::vector<Scene>> play_scenes(PostOffice& office, const Books& books);

}  // namespace backstamp::demo
