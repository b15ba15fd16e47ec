// Which pieces leave a picture, and under which name.
#include <algorithm>

#include "station/evidence.h"

namespace backstamp::station {
namespace {

using postal::NoReadCause;
using postal::Reason;

/// Diverted for what its indicium is; not for what the station does not know (stale keys, a clock
/// that is not trusted): that concerns every piece, and would crowd out the others.
bool is_suspect(const postal::ScanEvent& event) {
  return event.decision == postal::Decision::divert &&
         event.verdict != postal::Verdict::unsigned_ && event.reason != Reason::stale_keys &&
         event.reason != Reason::untrusted_clock;
}

bool is_of_meters(const postal::ScanEvent& event, const EvidenceConfig& config) {
  return event.token && std::ranges::any_of(config.meters, [&](const auto& meter) {
           return meter.first == event.token->issuer && meter.second == event.token->meter;
         });
}

}  // namespace

std::string_view to_string(EvidenceClass kind) {
  switch (kind) {
    case EvidenceClass::crash:
      return "crash";
    case EvidenceClass::no_read:
      return "no-read";
    case EvidenceClass::suspect:
      return "suspect";
    case EvidenceClass::meter:
      return "meter";
    case EvidenceClass::sample:
      return "sample";
  }
  return "unknown";
}

std::optional<EvidenceClass> evidence_class(const EvidenceConfig& config,
                                            const postal::ScanEvent& event) {
  if (config.crashes && event.cause == NoReadCause::decoder_crashed) return EvidenceClass::crash;
  if (config.no_reads && event.cause != NoReadCause::none) return EvidenceClass::no_read;
  if (config.suspects && is_suspect(event)) return EvidenceClass::suspect;
  if (is_of_meters(event, config)) return EvidenceClass::meter;
  if (config.sample_each > 0 && event.piece % config.sample_each == 0) return EvidenceClass::sample;
  return std::nullopt;
}

}  // namespace backstamp::station
