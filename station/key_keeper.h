// A station's keys while it runs: taken from its disk at the start, from the data center later,
// always the newest; and what it makes of the time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "station/clock_trust.h"
#include "station/trust.h"
#include "uplink/key_exchange.h"

namespace backstamp::station {

struct KeysConfig {
  std::filesystem::path bundle;  ///< the first bundle; newer ones lie beside the journal
  std::filesystem::path root;    ///< public key of the root
  /// So long after the data center said that the bundle is the newest (or after its issue), the
  /// keys are stale.
  std::chrono::microseconds stale_after = std::chrono::hours(72);
  WhenUnsure when_stale = WhenUnsure::accept_and_flag;
  ClockRule clock;
  WhenUnsure when_clock_untrusted = WhenUnsure::divert;
};

/// Thread-safe.
class KeyKeeper {
 public:
  /// Two clocks, as they are now.
  struct Now {
    UtcTime clock{};
    SteadyTime steady{};
  };
  using Clocks = std::function<Now()>;
  static Now clocks();  ///< those of the machine

  /// `directory` (the journal's, there already) has the newest bundle as `keys.bundle` and the
  /// memory of it as `keys.json`; the configured bundle is taken when it is newer, or the only
  /// one. `log` gets lines for people, from any thread. Fails: not_found, invalid, refused (no
  /// bundle that is as new as what this station has had), io.
  static Result<KeyKeeper> open(KeysConfig config, std::filesystem::path directory,
                                std::function<void(const std::string&)> log,
                                Clocks clocks = KeyKeeper::clocks);

  /// What is believed now.
  Trust trust() const;
  std::uint64_t sequence() const;
  /// "trusted", or why it is not.
  std::string clock_state() const;

  uplink::KeysHeldMessage held() const;
  /// A bundle or a delta that the data center brought. It is in force when this returns `taken`,
  /// and on stable storage before, unless the disk refuses: a revocation holds all the same.
  uplink::KeysTaken take_keys(const Bytes& file);
  /// A statement of the time. One that none of the bundle's time keys signed is told in the log.
  void take_time(const Bytes& statement);
  /// All three for a sender. Borrows the keeper.
  uplink::StationKeys for_uplink();

  KeyKeeper(KeyKeeper&&) noexcept;
  KeyKeeper& operator=(KeyKeeper&&) noexcept;
  ~KeyKeeper();

 private:
  struct Impl;
  explicit KeyKeeper(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::station
