#include "station/station_metrics.h"

#include <array>

namespace backstamp::station {
namespace {

using metrics::Labels;
using metrics::Page;

/// Image to decision and trigger to decision: fine where a lane's deadline usually lies.
const std::vector<double> kLatencyBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                            0.1,   0.15,   0.2,   0.25, 0.5,   1};
const std::vector<double> kReadBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01,
                                         0.02,   0.05,  0.1,    0.25,  0.5};

Labels with(Labels labels, const char* name, std::string_view value) {
  labels.emplace_back(name, std::string(value));
  return labels;
}

/// Counters of one page and one set of labels, a line each.
class Counts {
 public:
  Counts(Page& page, const Labels& labels) : page_(page), labels_(labels) {}
  Counts& add(std::string_view name, std::string_view help, std::uint64_t value) {
    page_.counter(name, help, labels_, static_cast<double>(value));
    return *this;
  }
  Counts& gauge(std::string_view name, std::string_view help, double value) {
    page_.gauge(name, help, labels_, value);
    return *this;
  }

 private:
  Page& page_;
  const Labels& labels_;
};

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void add_metrics(Page& page, const LineCounters& line, const Labels& labels) {
  Counts(page, labels)
      .add("backstamp_triggers_total", "Pieces that the machine or a camera announced.",
           line.triggers)
      .add("backstamp_untriggered_total", "Pictures without a trigger: pieces all the same.",
           line.untriggered)
      .add("backstamp_events_total", "Pieces that were decided and recorded.", line.events)
      .add("backstamp_frames_total", "Pictures that were taken in.", line.frames)
      .add("backstamp_pieces_read_total", "Pieces on which something was read.", line.read)
      .add("backstamp_camera_lost_total", "Pieces of which no picture came.", line.camera_lost)
      .add("backstamp_decoder_lost_total", "Pieces on which a decode worker died or was killed.",
           line.crashed)
      .add("backstamp_overflowed_total",
           "Pieces beyond what memory is kept for, which were decided unread.", line.overflowed)
      .add("backstamp_too_close_total", "Triggers that followed each other too closely.", line.gaps)
      .add("backstamp_jams_total", "Times that the machine reported a jam.", line.jams)
      .add("backstamp_conflicts_total", "Pieces whose faces name different pieces.", line.conflicts)
      .add("backstamp_reversals_total", "Times that the belt went back.", line.reversals);
  const char* decisions = "Decisions, by whether the machine had them by their deadline.";
  page.counter("backstamp_decisions_total", decisions, with(labels, "in_time", "yes"),
               static_cast<double>(line.in_time));
  page.counter("backstamp_decisions_total", decisions, with(labels, "in_time", "no"),
               static_cast<double>(line.late));
  for (const postal::Shed shed :
       {postal::Shed::faces, postal::Shed::effort, postal::Shed::reading}) {
    page.counter("backstamp_shed_pieces_total", "Pieces of which something was left out for time.",
                 with(labels, "what", postal::to_string(shed)),
                 static_cast<double>(line.shed[static_cast<std::size_t>(shed)]));
  }
}

void add_metrics(Page& page, const Line::Latencies& times, const Labels& labels) {
  page.histogram("backstamp_decision_seconds",
                 "From the last line of a piece's last picture to its decision.", labels,
                 times.from_image, kLatencyBounds);
  page.histogram("backstamp_trigger_to_decision_seconds",
                 "From the trigger of a piece to its decision.", labels, times.from_trigger,
                 kLatencyBounds);
  page.histogram("backstamp_read_seconds", "What reading one picture took.", labels,
                 times.read_time, kReadBounds);
}

void add_metrics(Page& page, const CameraCounters& camera, const Labels& labels) {
  Counts(page, labels)
      .gauge("backstamp_camera_up", "1 while frames can come.", camera.up ? 1 : 0)
      .add("backstamp_camera_frames_total", "Good frames.", camera.frames)
      .add("backstamp_camera_damaged_total",
           "Frames that were incomplete, aborted, or of another size or format.", camera.damaged)
      .add("backstamp_camera_lost_frames_total", "Gaps in the camera's own numbers.", camera.lost)
      .add("backstamp_camera_underruns_total", "Frames for which no buffer was free.",
           camera.underruns)
      .add("backstamp_camera_resent_packets_total", "Packets that were asked for again.",
           camera.resent_packets)
      .add("backstamp_camera_missing_packets_total", "Packets that never came.",
           camera.missing_packets)
      .add("backstamp_camera_frozen_total", "Frames that were byte for byte the one before.",
           camera.frozen)
      .add("backstamp_camera_control_lost_total", "Times that the camera went away.",
           camera.control_lost)
      .add("backstamp_camera_silences_total", "Times that frames stayed away.", camera.silences)
      .add("backstamp_camera_clock_jumps_total", "Times that its clock leapt.", camera.clock_jumps)
      .add("backstamp_camera_restarts_total", "Times that it was opened anew.", camera.restarts)
      .add("backstamp_camera_refused_total", "Times that it was not what is configured.",
           camera.refused);
}

void add_metrics(Page& page, const SorterCounters& link, const Labels& labels) {
  Counts(page, labels)
      .gauge("backstamp_sorter_up", "1 while the machine's control is there and speaks.",
             link.up ? 1 : 0)
      .add("backstamp_sorter_decisions_total", "Decisions that the link was given.", link.decisions)
      .add("backstamp_sorter_late_total", "Decisions that went out late.", link.late)
      .add("backstamp_sorter_triggers_total", "Triggers that came in.", link.triggers)
      .add("backstamp_sorter_nonsense_total", "Messages that follow no grammar.", link.nonsense)
      .add("backstamp_sorter_links_lost_total", "Times that the link was lost.", link.links_lost)
      .add("backstamp_sorter_repeated_total", "Telegrams sent again after a reconnection.",
           link.repeated)
      .add("backstamp_sorter_dropped_total", "Decisions that nobody came for in time.",
           link.dropped);
}

void add_metrics(Page& page, const Evidence::Counters& evidence, const Labels& labels) {
  for (std::size_t kind = 0; kind < kEvidenceClasses; ++kind) {
    const Labels of = with(labels, "class", to_string(static_cast<EvidenceClass>(kind)));
    page.counter("backstamp_evidence_kept_total", "Pieces whose pictures were kept.", of,
                 static_cast<double>(evidence.kept_by[kind]));
    page.gauge("backstamp_evidence_bytes", "What kept pictures take on disk.", of,
               static_cast<double>(evidence.bytes_by[kind]));
  }
  Counts(page, labels)
      .add("backstamp_evidence_left_out_total",
           "Pieces whose pictures were not: the disk was slow, full or refused.", evidence.left_out)
      .add("backstamp_evidence_removed_total", "Old pictures that went, for quota, age or space.",
           evidence.removed);
}

void add_metrics(Page& page, const vision::PoolCounters& workers, const Labels& labels) {
  Counts(page, labels)
      .add("backstamp_worker_crashes_total", "Decode workers that died on a picture.",
           workers.crashes)
      .add("backstamp_worker_killed_total", "Decode workers that were killed at the deadline.",
           workers.killed)
      .add("backstamp_worker_grown_total", "Decode workers replaced because they had grown.",
           workers.grown)
      .add("backstamp_worker_restarts_total", "Decode workers started in the place of another.",
           workers.restarts)
      .gauge("backstamp_worker_start_max_seconds", "Longest start of a decode worker.",
             seconds(workers.spare_start_max))
      .gauge("backstamp_worker_vacant_max_seconds",
             "Longest time for which the place of a lost worker was vacant.",
             seconds(workers.vacant_max));
}

void add_metrics(Page& page, const RingFigures& ring, const Labels& labels) {
  Counts(page, labels)
      .gauge("backstamp_frame_slots", "Frames that memory is kept for.", ring.slots)
      .gauge("backstamp_frame_slots_in_use", "Frames in memory.", ring.in_use)
      .add("backstamp_frames_refused_total", "Frames for which no memory was free.", ring.refused);
}

void add_metrics(Page& page, const JournalFigures& journal, const Labels& labels) {
  Counts(page, labels)
      .gauge("backstamp_journal_appended_sequence", "Highest sequence given to the journal.",
             static_cast<double>(journal.appended))
      .gauge("backstamp_journal_committed_sequence", "Highest sequence on stable storage.",
             static_cast<double>(journal.committed))
      .gauge("backstamp_journal_acknowledged_sequence",
             "Highest sequence that the data center holds.",
             static_cast<double>(journal.acknowledged));
  if (journal.free_bytes > 0) {
    page.gauge("backstamp_journal_free_bytes", "Free space where the journal lies.", labels,
               static_cast<double>(journal.free_bytes));
  }
}

void add_metrics(Page& page, const uplink::SenderStatus& uplink, const Labels& labels) {
  using uplink::LinkState;
  constexpr std::array<std::pair<LinkState, const char*>, 4> kStates = {
      {{LinkState::connecting, "connecting"},
       {LinkState::connected, "connected"},
       {LinkState::refused, "refused"},
       {LinkState::down, "down"}}};
  for (const auto& [state, name] : kStates) {
    page.gauge("backstamp_uplink_state", "1 for the state that the link to the data center is in.",
               with(labels, "state", name), uplink.state == state ? 1 : 0);
  }
  Counts(page, labels)
      .add("backstamp_uplink_sent_events_total", "Events on the wire, those sent again included.",
           uplink.sent_events)
      .add("backstamp_uplink_resends_total", "Messages that were sent again.", uplink.resends);
}

void add_metrics(Page& page, const KeyFigures& keys, const Labels& labels) {
  Counts(page, labels)
      .gauge("backstamp_keys_sequence", "Sequence of the key bundle in force.",
             static_cast<double>(keys.sequence))
      .gauge("backstamp_keys_stale", "1 when nobody said of late that the bundle is the newest.",
             keys.stale ? 1 : 0)
      .gauge("backstamp_clock_trusted", "1 while the station believes its clock.",
             keys.clock_trusted ? 1 : 0);
}

void add_metrics(Page& page, const std::map<std::string, std::uint64_t>& raised,
                 const Labels& labels) {
  for (const auto& [name, count] : raised) {
    page.counter("backstamp_alarm_raised_total", "Times that an alarm was raised.",
                 with(labels, "name", name), static_cast<double>(count));
  }
}

void add_metrics(Page& page, VisionState state, const Labels& labels) {
  for (const VisionState one :
       {VisionState::preoperational, VisionState::halted, VisionState::error,
        VisionState::initialized, VisionState::ready, VisionState::continuous_execution}) {
    page.gauge("backstamp_station_state", "1 for the state that the station is in.",
               with(labels, "state", to_string(one)), one == state ? 1 : 0);
  }
}

}  // namespace backstamp::station
