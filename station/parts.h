// What a station opens at its start and describes at its end, live or from recordings.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "station/config.h"
#include "station/duplicate_index.h"
#include "station/duplicates.h"
#include "station/evidence.h"
#include "station/key_keeper.h"
#include "uplink/event_log.h"
#include "uplink/sender.h"

namespace backstamp::station {

/// Lines for the log of people. Called by several threads, never by two at once.
using Log = std::function<void(const std::string& line)>;

/// The journal; what its recovery found is told. Fails as EventLog::open does.
Result<uplink::EventLog> open_journal(const StationConfig& config, const Log& log);

/// The index of duplicates beside the journal: days of mail are kept as long as the journal keeps
/// them.
Result<DuplicateIndex> open_index(const StationConfig& config, const uplink::EventLog& journal,
                                  const Log& log);

/// Tells index and judge what the journal holds. The number of its last piece; 0: none.
Result<std::uint64_t> restore(const uplink::EventLog& journal, DuplicateIndex& index,
                              DuplicateJudge& duplicates);

/// `config` must have `evidence`; the profile, where there is one, tells how large a millimetre is.
Result<Evidence> open_evidence(const StationConfig& config, const AlarmSink& alarms);

/// Borrows journal and keys.
Result<uplink::Sender> open_uplink(const UplinkConfig& config, uplink::EventLog& journal,
                                   KeyKeeper& keys);

/// "connected", "refused: …", "down: …".
std::string describe(const uplink::SenderStatus& status);

/// One a core, unless the configuration says another number.
unsigned worker_count(const StationConfig& config);

/// Tells the log, as long as it lives, that the uplink is connected, refused or down.
class LinkWatch {
 public:
  LinkWatch(const uplink::Sender& sender, Log log);
  LinkWatch(LinkWatch&&) noexcept;
  ~LinkWatch();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::station
