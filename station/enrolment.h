// How a station comes to its keys: its own, and those that a data center's letter brings.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "postal/token.h"
#include "station/config.h"
#include "uplink/enrolment.h"

namespace backstamp::station {

/// Makes the station a CURVE key where its configuration wants it: its first one (STATION_KEY), or,
/// when it has one, the one that follows (beside it, as NAME.next.secret), which comes into use
/// when a letter for it is installed. Returns the path of the public half, which the data center
/// needs. Fails: invalid (no uplink is configured), refused (there is one that waits already).
Result<std::filesystem::path> make_station_key(const StationConfig& config);

struct Enrolled {
  postal::KeyId root{};
  std::uint64_t sequence = 0;   ///< of the bundle
  UtcTime time{};               ///< no clock may be before it
  bool new_key = false;         ///< the key that waited is in use now
  bool other_endpoint = false;  ///< the letter names another than the configuration does
};

/// Installs a letter: the root, the data center's key and the first bundle go where the
/// configuration names them, the time becomes the floor of the clock (also an earlier one than was
/// known: enrolment is how a floor that was wrong is put right). Everything in the letter is
/// verified first, and `root` is compared when it is given. Fails: refused (the letter is for
/// another station or key, of another root than was asked for, older than what the station has had;
/// or the station runs), invalid, io. Done again, it ends what was begun.
Result<Enrolled> install_enrolment(const StationConfig& config, const uplink::Enrolment& letter,
                                   const std::optional<postal::KeyId>& root);

}  // namespace backstamp::station
