#include "datacenter/report.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/file.h"
#include "datacenter/store/store.h"
#include "postal/event_json.h"

namespace backstamp::datacenter {

using Json = nlohmann::ordered_json;

namespace {

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json counts_json(const std::vector<NamedCount>& counts) {
  Json json = Json::object();
  for (const NamedCount& count : counts) json[count.name] = count.count;
  return json;
}

Json totals_json(const std::string& name, const Totals& totals) {
  Json json = {{"name", name},
               {"events", totals.events},
               {"pieces", counts_json(totals.states)},
               {"suspect_pieces", counts_json(totals.reasons)},
               {"suspect_scans", counts_json(totals.suspects)},
               {"no_reads", Json::object()},
               {"meters", Json::array()},
               {"stations", Json::array()},
               {"conflicts", totals.conflicts},
               {"counters", counts_json(totals.counters)}};
  for (const StationCause& cause : totals.no_reads) {
    json["no_reads"][cause.station][std::string(to_string(cause.cause))] = cause.count;
  }
  for (const MeterTotals& meter : totals.meters) {
    json["meters"].push_back({{"meter", meter.meter},
                              {"name", meter.name},
                              {"account", meter.account},
                              {"pieces", counts_json(meter.states)}});
  }
  for (const StationPosition& position : totals.positions) {
    json["stations"].push_back({{"station", position.station},
                                {"epoch", position.epoch},
                                {"contiguous", position.contiguous},
                                {"events", position.events},
                                {"updated_at", format_utc(position.updated_at)}});
  }
  return json;
}

void write_counts(std::ostream& out, const char* title, const std::vector<NamedCount>& counts) {
  out << title << '\n';
  if (counts.empty()) out << "  none\n";
  for (const NamedCount& count : counts) {
    out << "  " << std::left << std::setw(28) << count.name << std::right << std::setw(12)
        << count.count << '\n';
  }
}

void write_text(std::ostream& out, const Totals& totals) {
  out << totals.events << " scan events, " << totals.conflicts << " conflicts\n";
  write_counts(out, "Pieces", totals.states);
  write_counts(out, "Suspect pieces by reason", totals.reasons);
  write_counts(out, "Suspect scans by reason", totals.suspects);
  out << "No-reads by station and cause\n";
  if (totals.no_reads.empty()) out << "  none\n";
  for (const StationCause& cause : totals.no_reads) {
    out << "  " << std::left << std::setw(28)
        << cause.station + " " + std::string(to_string(cause.cause)) << std::right << std::setw(12)
        << cause.count << '\n';
  }
  for (const MeterTotals& meter : totals.meters) {
    const std::string title =
        "Meter " + std::to_string(meter.meter) + ", " + meter.name + " (" + meter.account + ")";
    write_counts(out, title.c_str(), meter.states);
  }
  out << "Stations\n";
  for (const StationPosition& position : totals.positions) {
    out << "  " << position.station << " epoch " << position.epoch << ": " << position.events
        << " events, complete up to " << position.contiguous << ", last "
        << format_utc(position.updated_at) << '\n';
  }
  write_counts(out, "Counters", totals.counters);
}

Json token_json(const std::optional<postal::TokenIdentity>& token) {
  if (!token) return nullptr;
  return {{"issuer", token->issuer}, {"meter", token->meter}, {"counter", token->counter}};
}

Json event_json(const postal::ScanEvent& event) {
  return Json::parse(postal::event_to_json(event));
}

Json piece_json(const PieceRecord& piece) {
  Json json = {{"code", piece.code},
               {"state", to_string(piece.state)},
               {"reason", postal::to_string(piece.reason)},
               {"registered", piece.registration.has_value()}};
  if (piece.registration) {
    json["token"] = token_json(piece.registration->token);
    json["registered_at"] = format_utc(piece.registered_at);
  }
  if (piece.sighting) {
    json["station"] = piece.sighting->event.station;
    json["epoch"] = piece.sighting->event.epoch;
    json["sequence"] = piece.sighting->event.sequence;
    json["at"] = format_utc(piece.sighting->at);
  }
  return json;
}

/// The suspect's own reason ("suspect") stands beside what the station said of the event.
Json suspect_json(const SuspectRecord& suspect) {
  Json json = {{"suspect", postal::to_string(suspect.reason)},
               {"suspect_rule", suspect.rule},
               {"registered", suspect.registered},
               {"review", to_string(suspect.review)}};
  if (suspect.review != Review::open) {
    json["reviewed_by"] = suspect.reviewed_by;
    json["reviewed_at"] = format_utc(suspect.reviewed_at);
  }
  json.update(event_json(suspect.event));
  return json;
}

Json meter_json(const MeterSuspects& meter) {
  return {{"issuer", meter.issuer},
          {"meter", meter.meter},
          {"suspect", postal::to_string(meter.reason)},
          {"rule", meter.rule},
          {"open", meter.open},
          {"confirmed", meter.confirmed},
          {"dismissed", meter.dismissed}};
}

std::string picture_name(const postal::ScanEvent& event) {
  const bool png = event.evidence.front() == 0x89;
  return event.id.station + '-' + std::to_string(event.id.epoch) + '-' +
         std::to_string(event.id.sequence) + (png ? ".png" : ".jpg");
}

}  // namespace

Result<void> write_totals(const Config& config, bool json, std::ostream& out) {
  const auto store = Store::open(config.database, DatabaseMode::read_only);
  if (!store) return std::unexpected(store.error());
  const auto totals = (*store)->report_totals();
  if (!totals) return std::unexpected(totals.error());
  if (json) {
    out << line_of(totals_json(config.name, *totals));
  } else {
    write_text(out, *totals);
  }
  return {};
}

Result<void> write_listing(const Config& config, Listing listing, std::ostream& out) {
  const auto store = Store::open(config.database, DatabaseMode::read_only);
  if (!store) return std::unexpected(store.error());
  const auto write_event = [&](const postal::ScanEvent& event) {
    out << postal::event_to_json(event) << '\n';
  };
  switch (listing) {
    case Listing::pieces:
      return (*store)->each_piece(
          [&](const PieceRecord& piece) { out << line_of(piece_json(piece)); });
    case Listing::suspects:
      return (*store)->each_suspect(
          [&](const SuspectRecord& suspect) { out << line_of(suspect_json(suspect)); });
    case Listing::meters: {
      const auto meters = (*store)->suspects_by_meter();
      if (!meters) return std::unexpected(meters.error());
      for (const MeterSuspects& meter : *meters) out << line_of(meter_json(meter));
      return {};
    }
    case Listing::no_reads:
      return (*store)->each_event(true, write_event);
    case Listing::events:
      return (*store)->each_event(false, write_event);
  }
  return {};
}

Result<std::size_t> write_pictures(const Config& config, const std::filesystem::path& folder) {
  const auto store = Store::open(config.database, DatabaseMode::read_only);
  if (!store) return std::unexpected(store.error());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  std::size_t written = 0;
  Result<void> failed;
  auto visited = (*store)->each_suspect([&](const SuspectRecord& suspect) {
    if (!failed || suspect.event.evidence.empty()) return;
    failed = write_file_durably(folder / picture_name(suspect.event), suspect.event.evidence);
    if (failed) ++written;
  });
  if (!visited) return std::unexpected(visited.error());
  if (!failed) return std::unexpected(failed.error());
  return written;
}

}  // namespace backstamp::datacenter
