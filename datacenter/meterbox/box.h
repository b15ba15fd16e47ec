// The meter box itself: takes requests from any thread, does them one after another, and answers
// when what it did is on stable storage. All requests that wait are done as one group: their tokens
// are signed side by side, and one write and one sync put them on record.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "datacenter/meterbox/keyring.h"
#include "datacenter/meterbox/state.h"

namespace backstamp::datacenter::meterbox {

/// Hears what a person should know, a line each.
using Log = std::function<void(const std::string&)>;

/// Thread-safe.
class Box {
 public:
  /// Opens the ledger in `folder` (locked until the box goes) against the keyring's floor.
  /// Fails: as Ledger::open, and refused (another process has it).
  static Result<std::unique_ptr<Box>> open(const std::filesystem::path& folder,
                                           std::unique_ptr<Keyring> keys, Log log);
  /// Writes the first record of a new box, and its floor. Fails: as Ledger::create.
  static Result<void> create(const std::filesystem::path& folder, Founding founding, Keyring& keys);
  /// Does orders to recover on a restored journal that the floor would refuse, and ends. The floor
  /// is kept only when the journal has passed it. Fails: refused (still older), as the orders.
  static Result<Anchor> recover(const std::filesystem::path& folder, std::unique_ptr<Keyring> keys,
                                std::span<const Bytes> orders, Log log);
  virtual ~Box() = default;
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;

  /// Does the request and answers. Nothing has happened when the answer is a refusal, unless it is
  /// of kind unavailable and says that the journal failed: then only opening anew tells.
  virtual Answer ask(const Request& request) = 0;

  /// The state; while requests are under way, with some of what they change.
  virtual BoxState state() const = 0;

  /// Ends the work under way, refuses what comes later, and keeps the floor.
  virtual void stop() = 0;

 protected:
  Box() = default;
};

}  // namespace backstamp::datacenter::meterbox
