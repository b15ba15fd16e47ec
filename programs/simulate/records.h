// What the journal holds in the end, held against what passed the line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "programs/simulate/ledger.h"
#include "programs/simulate/mail.h"
#include "programs/simulate/plan.h"

namespace backstamp::simulate {

struct RecordSums {
  std::uint64_t events = 0;       ///< committed
  std::uint64_t repeated = 0;     ///< events of a piece that has one already
  std::uint64_t untriggered = 0;  ///< of pictures without a trigger
  std::uint64_t late = 0;
  // Against what one worker read on the same face with nothing else to do:
  std::uint64_t compared = 0;  ///< pieces with a sound picture and no fault planted on them
  std::uint64_t as_in_calm = 0;
  std::uint64_t shed = 0;             ///< of those that differ, with less effort for want of time
  std::uint64_t different = 0;        ///< of those that differ, the others
  std::vector<std::string> examples;  ///< of those, the first few: which piece, and what it has
  // Pieces on which a worker was to fail:
  std::uint64_t planted = 0;       ///< to crash or to hang
  std::uint64_t planted_lost = 0;  ///< that have no reading, with a decoder's fault as the cause
  std::uint64_t bloated = 0;       ///< to grow beyond what it may have
  std::uint64_t bloated_read = 0;  ///< that were read all the same, as in calm
};

/// Reads a station's journal again, after the station has ended.
Result<RecordSums> read_records(const std::filesystem::path& journal, const std::string& station,
                                const LinePlan& plan, const Mail& mail, const Ledger& ledger);

}  // namespace backstamp::simulate
