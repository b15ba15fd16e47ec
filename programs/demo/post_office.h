// A small post office on one machine: data center, meters and a station, each its own process.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "programs/demo/commands.h"
#include "programs/demo/plan.h"

namespace backstamp::demo {

/// Three with a vault, a virtual one, one whose key has run out, one whose key is revoked.
inline constexpr unsigned kMeters = 6;
inline constexpr unsigned kVirtual = 3;
inline constexpr unsigned kExpired = 4;
inline constexpr unsigned kRevoked = 5;
inline constexpr std::uint32_t kFirstMeter = 101;

/// A station of the demo, and one run of it.
struct Lane {
  std::string station;  ///< as in the allow-list
  std::string name;     ///< of its key, journal and configuration: "lane-1"
  std::string role = "induction";
  unsigned pass = 1;
  std::string faces = "faces";              ///< the dataset that it reads
  std::string bundle = "keys/keys.bundle";  ///< that it is given; it may hold a newer one
  std::string profile = {};                 ///< of the camera, where one was measured
  std::string standstill = "10s";           ///< a line that stood so long may have been jammed
};
/// Induction twice, a later pass and the last one, all in one building.
const std::vector<Lane>& lanes();

/// Everything that lies in the demo's folder, made step by step; each step runs programs.
class PostOffice {
 public:
  PostOffice(Commands commands, unsigned faces, std::uint64_t seed, std::string waiting_period)
      : commands_(std::move(commands)),
        faces_(faces),
        seed_(seed),
        waiting_period_(std::move(waiting_period)) {}

  /// Keys, a meter box, a data center, both at work; accounts, meters with funds.
  Result<void> found();
  /// Meters mint: pieces are paid for.
  Result<void> mint();
  /// The key bundle for the station, one meter's key revoked in it.
  Result<void> publish_keys();
  /// The faces, rendered as a camera would see them, into a dataset.
  Result<void> render(const std::string& dataset, const std::vector<PlannedFace>& faces);
  Result<void> render() { return render("faces", planned_); }
  /// A station profile measured on the faces, and held against them.
  Result<void> calibrate();
  /// Meters register what they minted and listen for notices.
  Result<void> open();
  /// A station reads all its faces and is acknowledged for all events. Its report.
  Result<Json> run_station(const Lane& lane);
  Result<Json> run_station();
  /// Asks the meter box whether a token is bound to this address.
  Result<bool> bound(const std::string& token_hex, const MintOrder& to) const;
  /// Waits until no piece is left waiting, and each meter has heard the last word on its pieces.
  Result<void> settle(std::chrono::seconds limit);
  /// The data center's lists: "--events", "--pieces", "--suspects", "--noreads".
  Result<std::vector<Json>> report(const std::string& list) const;
  /// What each meter heard: its notices in order.
  Result<std::vector<Json>> notices(unsigned meter) const;
  /// The data center's totals.
  Result<Json> totals() const;
  /// Ends the processes in good order.
  void close();

  const std::vector<MintedPiece>& minted() const { return minted_; }
  const std::vector<PlannedFace>& faces() const { return planned_; }
  const Commands& commands() const { return commands_; }

 private:
  std::string path(const std::string& name) const { return (commands_.folder() / name).string(); }
  std::string meter_folder(unsigned meter) const;
  std::string config() const { return path("datacenter/datacenter.yaml"); }
  Result<void> keep_old_bundle();
  Result<void> quicken();
  Result<void> start_box();
  Result<void> start_datacenter();
  Result<void> add_meter(unsigned meter);
  Result<void> add_virtual_meter(const std::string& number, const std::string& key_file);
  Result<std::string> public_key_file(unsigned meter) const;
  /// The last word that the meters heard on each code.
  Result<std::map<std::string, std::string>> heard() const;
  Result<void> connect(unsigned meter);

  Commands commands_;
  unsigned faces_;
  std::uint64_t seed_;
  std::string waiting_period_;
  std::string https_;
  std::string uplink_;
  std::vector<MintedPiece> minted_;
  std::vector<PlannedFace> planned_;
  ChildProcess box_;
  ChildProcess datacenter_;
  std::vector<ChildProcess> listeners_;
};

}  // namespace backstamp::demo
