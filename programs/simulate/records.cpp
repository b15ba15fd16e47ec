#include "programs/simulate/records.h"

#include <algorithm>
#include <vector>

#include "uplink/event_log.h"

namespace backstamp::simulate {
namespace {

constexpr std::size_t kExamples = 10;

/// Compares events with the plan, one after another.
class Audit {
 public:
  Audit(const LinePlan& plan, const Mail& mail, const Ledger& ledger)
      : plan_(plan), mail_(mail), ledger_(ledger) {
    for (const LanePlan& lane : plan.lanes) seen_.emplace_back(lane.belt.pieces().size(), false);
  }

  void take(const postal::ScanEvent& event) {
    ++sums_.events;
    if (event.late) ++sums_.late;
    if (event.machine_piece == 0) {
      ++sums_.untriggered;
      return;
    }
    const auto lane = std::find_if(plan_.lanes.begin(), plan_.lanes.end(),
                                   [&](const LanePlan& one) { return one.name == event.lane; });
    if (lane == plan_.lanes.end()) return;
    const auto which = static_cast<std::size_t>(lane - plan_.lanes.begin());
    const std::uint64_t piece = event.machine_piece - 1;
    if (piece >= seen_[which].size()) return;
    if (seen_[which][piece]) {
      ++sums_.repeated;
      return;
    }
    seen_[which][piece] = true;
    compare(*lane, piece, event);
  }

  RecordSums sums() const { return sums_; }

 private:
  void compare(const LanePlan& lane, std::size_t piece, const postal::ScanEvent& event) {
    const bool as_in_calm =
        codes_of(event.codes) == mail_.faces[lane.belt.pieces()[piece].face].calm;
    const WorkerFault fault = lane.workers[piece];
    const bool sound =
        std::all_of(lane.pictures.begin(), lane.pictures.end(),
                    [&](const auto& camera) { return camera[piece] == PictureFault::none; });
    const auto which = static_cast<std::uint32_t>(&lane - plan_.lanes.data());
    const auto account = ledger_.account(which, piece);
    if (!sound || !account || account->not_shown) return;
    if (fault == WorkerFault::bloat) {
      ++sums_.bloated;
      if (as_in_calm) ++sums_.bloated_read;
    } else if (fault != WorkerFault::none) {
      ++sums_.planted;
      const bool lost = event.cause == postal::NoReadCause::decoder_crashed ||
                        event.cause == postal::NoReadCause::out_of_time;
      if (lost) ++sums_.planted_lost;
    } else {
      ++sums_.compared;
      if (as_in_calm) {
        ++sums_.as_in_calm;
      } else if (event.shed != postal::Shed::nothing) {
        ++sums_.shed;
      } else {
        ++sums_.different;
        note(lane, piece, event);
      }
    }
  }

  void note(const LanePlan& lane, std::size_t piece, const postal::ScanEvent& event) {
    if (sums_.examples.size() >= kExamples) return;
    const Face& face = mail_.faces[lane.belt.pieces()[piece].face];
    sums_.examples.push_back(lane.name + " piece " + std::to_string(piece + 1) + ": " +
                             std::to_string(event.codes.size()) + " codes, " +
                             std::to_string(face.calm.size()) + " in calm; " +
                             std::string(postal::to_string(event.cause)) + ", effort " +
                             std::to_string(event.effort));
  }

  const LinePlan& plan_;
  const Mail& mail_;
  const Ledger& ledger_;
  std::vector<std::vector<bool>> seen_;
  RecordSums sums_;
};

}  // namespace

Result<RecordSums> read_records(const std::filesystem::path& journal, const std::string& station,
                                const LinePlan& plan, const Mail& mail, const Ledger& ledger) {
  uplink::EventLogOptions options;
  options.directory = journal;
  options.station = station;
  auto log = uplink::EventLog::open(std::move(options));
  if (!log) return std::unexpected(log.error());
  Audit audit(plan, mail, ledger);
  auto visited = log->for_each([&](const postal::ScanEvent& event) { audit.take(event); });
  if (!visited) return std::unexpected(visited.error());
  return audit.sums();
}

}  // namespace backstamp::simulate
