// What the bench measures: each stage of the spine alone, then the whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/histogram.h"
#include "postal/keys.h"
#include "vision/frame.h"

namespace backstamp::bench {

/// A stage: how many it did in a second on one core, and how long each took.
struct Stage {
  std::string name;
  std::string note;
  double per_s = 0;
  Histogram times;
  std::uint64_t failures = 0;  ///< answers that were wrong: a fast wrong answer fails the bench
};

/// The pictures of a dataset, unpacked, at most `limit`; with the content of the symbols that the
/// truth names (hexadecimal, by picture) where it does.
struct Pictures {
  std::vector<vision::Frame> frames;
  std::vector<std::vector<std::string>> truth_hex;
};
Result<Pictures> load_pictures(const std::filesystem::path& dataset, std::size_t limit);

/// locate + decode in one worker process, pictures in memory. A failure is a read that the truth
/// does not have.
Result<Stage> measure_read(const Pictures& pictures, unsigned rounds);
/// parse + verify of a native token. A failure is a genuine token not taken as genuine, or an
/// altered one taken as genuine.
Result<Stage> measure_verify(postal::SignatureAlgorithm algorithm, unsigned count);
/// From handing an event to the journal until it is on stable storage, `in_flight` at a time.
Result<Stage> measure_append(const std::filesystem::path& directory, unsigned count,
                             unsigned in_flight);
/// From induction to the event on stable storage, through the lane with `workers` workers. A
/// failure is a piece without an event.
Result<Stage> measure_event(const Pictures& pictures, const std::filesystem::path& directory,
                            unsigned rounds, unsigned workers);

}  // namespace backstamp::bench
