// One run of a simulated line, from an empty journal to a report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/histogram.h"
#include "programs/simulate/figures.h"
#include "programs/simulate/ledger.h"
#include "programs/simulate/mail.h"
#include "programs/simulate/options.h"
#include "programs/simulate/records.h"
#include "programs/simulate/resources.h"
#include "programs/simulate/stage.h"
#include "station/line.h"
#include "station/telegram_client.h"
#include "vision/decode_pool.h"

namespace backstamp::simulate {

/// Memory at a moment of the run.
struct MemorySample {
  double at_s = 0;
  std::uint64_t bytes = 0;
};

struct RunResult {
  bool paced = true;
  double seconds = 0;         ///< from the start to the last decision
  std::uint64_t planned = 0;  ///< pieces on the belts
  LedgerSums machine;
  std::uint64_t not_sent = 0;  ///< triggers for which there was no link
  station::TelegramClientCounters link;
  station::LineCounters line;
  FigureSums figures;
  RecordSums records;
  vision::PoolCounters workers;
  std::uint64_t committed = 0;
  CpuTimes cpu;
  std::vector<MemorySample> memory;
  Histogram triggers_late;  ///< of the simulation itself
  Histogram pictures_late;
  std::vector<std::string> alarms;  ///< that stood at the end
};

struct RunSetup {
  const Options& options;
  const Mail& mail;
  std::filesystem::path folder;  ///< for the journal; must not hold one
  bool paced = true;
  double seconds = 60;
  MarkPicture mark;
};

/// Fails: what LiveStation::start fails for; unavailable (the station is never ready, a piece never
/// decided), and what stops its line.
Result<RunResult> run_line(const RunSetup& setup, const std::stop_token& stop);

}  // namespace backstamp::simulate
