// Letting stations in: the allow-list, changed by command.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "datacenter/config.h"
#include "uplink/enrolment.h"

namespace backstamp::datacenter {

/// Appends to the allow-list. `public_key`: 40 characters of Z85, or the path of a .public file.
/// A running data center re-reads the list on SIGHUP. Fails (refused) when the name or the key
/// stands in it already.
Result<void> add_station(const Config& config, const std::string& name,
                         const std::string& public_key);

/// Takes a station off the list: from the next reading of it on it is refused. Fails: not_found.
Result<void> remove_station(const Config& config, const std::string& name);

struct EnrolStation {
  std::string name;
  std::string public_key;  ///< as for add_station
  std::string endpoint;    ///< where stations reach this data center; empty: as configured
  /// A station of this name is on the list with another key: it is re-keyed, or another machine
  /// takes its place. Its old key is refused from the next reading of the list on.
  bool replace = false;
};
/// Lets a station in and gives the letter that it begins with: addresses and keys, the newest
/// bundle, the time. Done again for the same key, it gives a new letter. Fails also (refused) when
/// the data center publishes no keys, or its endpoint is not one that a station could connect to.
Result<uplink::Enrolment> enrol_station(const Config& config, const EnrolStation& wanted);

}  // namespace backstamp::datacenter
