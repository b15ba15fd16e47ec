// A scan event as JSON, the same wherever people and machines read it.
#pragma once

#include <string>

#include "postal/event.h"

namespace backstamp::postal {

/// One line: {"station":…, "epoch":…, "sequence":…, "piece":…, "sample":…, "induced_at":…,
/// "codes":[{"format":…, "hex":…, "code":…}], "token":{"issuer":…, "meter":…, "counter":…}|null,
/// "code":…|null, "verdict":…, "decision":…, "reason":…, "cause":…, "read_ms":…, "latency_ms":…,
/// "role":…, "pass":…, "place":…, "rule":…, "evidence_bytes":…, "late":…, "effort":…, "keys":…,
/// "clock_trusted":…, "for_box":…}. The picture of the evidence is not in it, only its size.
std::string event_to_json(const ScanEvent& event);

}  // namespace backstamp::postal
