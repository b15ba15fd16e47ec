// The data center's shelf of keys: the newest bundle, those before it, and the clock that stations
// believe. It signs nothing but the time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "datacenter/config.h"
#include "postal/key_bundle.h"
#include "uplink/key_exchange.h"

namespace backstamp::datacenter {

/// Thread-safe.
class KeyPublisher {
 public:
  /// Bundles that were published lie in `memory` (made when missing), so that a restart neither
  /// goes back to an older one nor forgets what deltas are made from. `log` gets lines for people.
  /// Fails: not_found, invalid, refused (the bundle is older than one that was published), io.
  static Result<KeyPublisher> open(const Config::Keys& config, const std::filesystem::path& memory,
                                   std::function<void(std::string)> log);

  /// Looks whether another bundle lies in the configured place; true when it is published by
  /// that. One that is damaged or older is told in the log, once, and changes nothing.
  bool look();
  std::uint64_t sequence() const;
  Bytes root_public_key() const;
  /// The newest bundle, as a file.
  Bytes bundle() const;
  /// What a station lacks that holds these keys: a delta, where it is the smaller, else the bundle.
  std::optional<uplink::KeysToSend> lacking(const uplink::KeysHeldMessage& held) const;
  /// What time it is, and which bundle is the newest; signed. Empty when signing fails.
  Bytes time(UtcTime now) const;

  KeyPublisher(KeyPublisher&&) noexcept;
  KeyPublisher& operator=(KeyPublisher&&) noexcept;
  ~KeyPublisher();

 private:
  struct Impl;
  explicit KeyPublisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::datacenter
