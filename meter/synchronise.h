// A meter and its data center agree on what was printed: each says what it knows, what the data
// center lacks is sent, and a meter that lacks something is an old copy.
#pragma once

#include "meter/data_center.h"

namespace backstamp::meter {

/// What the data center knows of a meter.
struct KnownMeter {
  UtcTime at{};               ///< its clock
  std::uint64_t counter = 0;  ///< the greatest one that is registered
  std::uint64_t pieces = 0;   ///< how many are
  postal::Money ascending;    ///< their postage
};

/// The answer to GET …/sync. Fails (invalid).
Result<KnownMeter> parse_known_meter(std::string_view json);

/// A GET of a target below the data center's URL: the other seam at which tests put faults.
using Get = std::function<Result<http::Response>(const std::string& target)>;

struct SyncReport {
  RegistrationReport registration;
  KnownMeter known;  ///< before anything was sent
};

/// Compares, sends what is pending, and counts the data center as heard. A vault that is behind
/// prints nothing from then on. Fails: refused (it is an old copy, or its key is not accepted),
/// invalid (the data center knows less than it said it did, or answers nonsense), unavailable,
/// timeout; what was not answered stays pending.
Result<SyncReport> synchronise(Vault& vault, const Get& get, const Post& post,
                               const Patience& patience = {}, const Moment& now = Moment::now());

}  // namespace backstamp::meter
