// Reports from the database, which is opened for reading only; a running data center goes on.
#pragma once

#include <iosfwd>

#include "base/error.h"
#include "datacenter/config.h"

namespace backstamp::datacenter {

enum class Listing { pieces, suspects, meters, no_reads, events };

/// Totals: pieces by state, of each meter, suspects by reason, no-reads by station and cause,
/// positions of the stations, counters. As one line of JSON, or as text for people.
Result<void> write_totals(const Config& config, bool json, std::ostream& out);

/// One line of JSON a piece, suspect scan, meter with suspect scans, no-read or event.
Result<void> write_listing(const Config& config, Listing listing, std::ostream& out);

/// Writes the evidence of each suspect scan that has one into `folder` (made when missing), as
/// STATION-EPOCH-SEQUENCE.png or .jpg; returns how many.
Result<std::size_t> write_pictures(const Config& config, const std::filesystem::path& folder);

}  // namespace backstamp::datacenter
