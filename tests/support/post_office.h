// A small post office for tests: a data center with fixed ports, meters, a station's keys, and
// pictures that cost little to read. Everything is made by the programs themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/programs.h"

namespace backstamp::test {

/// A piece that a meter has paid for.
struct Minted {
  std::string token_hex;
  std::string code;  ///< canonical
  std::uint32_t meter = 0;
};

/// A picture past the camera: an indicium alone on white, or nothing (an empty token).
struct Face {
  std::string token_hex;
  std::string code;
  bool copied = false;  ///< its indicium went by before
};

class PostOffice {
 public:
  /// Makes the data center's folder; a registered piece is given up after `waiting_period`.
  PostOffice(const TemporaryFolder& folder, const std::string& waiting_period);

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string config() const { return path("dc/datacenter.yaml"); }
  std::string uplink_endpoint() const;
  std::string server_public_key() const { return path("dc/curve/server.public"); }

  /// Makes NAME.secret and NAME.public and lets the station in.
  void add_station(const std::string& name) const;
  /// A funded meter, mounted at the data center's address.
  void add_meter(std::uint32_t meter) const;
  std::vector<Minted> mint(std::uint32_t meter, unsigned count) const;
  /// Puts the keys of these meters on the list of issuer 1, in keys/keys.bundle, which the data
  /// center publishes.
  void publish_keys(const std::vector<std::uint32_t>& meters) const;

  /// Writes STATION.yaml for the pictures in faces/; returns its path. Rate 0: as fast as it can.
  std::string station_config(const std::string& station, unsigned pieces_per_hour) const;

  ChildProcess start_datacenter() const;
  /// Did it say that it is ready since it was last started?
  bool datacenter_ready() const;
  /// The registrations that wait in the meter's vault; false when the data center was not there.
  bool register_pieces(std::uint32_t meter) const;
  /// Its notices, as they come, in notices-METER.jsonl.
  ChildProcess listen(std::uint32_t meter) const;

  Json totals() const;
  /// The lines of a list of `backstamp-datacenter report`, such as "--events".
  std::vector<Json> report(const std::string& list) const;

 private:
  std::string vault(std::uint32_t meter) const { return path("meter-" + std::to_string(meter)); }

  const TemporaryFolder& folder_;
  std::uint16_t https_port_;
  std::uint16_t uplink_port_;
};

/// Draws the faces as PGM files NNNNNN.pgm into `folder`, from 1. Returns their names in order.
std::vector<std::string> draw_faces(const std::filesystem::path& folder,
                                    const std::vector<Face>& faces);

/// Runs a program that must do its work; its output.
std::string succeed(const std::string& name, const std::vector<std::string>& arguments);

}  // namespace backstamp::test
