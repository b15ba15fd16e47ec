// An authority for the tests of stations: a root that is its own issuer, a clock, and bundles that
// follow each other.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "postal/key_bundle.h"
#include "station/key_keeper.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::station::testing {

inline postal::SigningKey seeded_key(std::uint8_t fill) {
  std::array<std::uint8_t, 32> seed{};
  seed.fill(fill);
  return postal::SigningKey::from_seed(seed).value();
}

inline constexpr UtcTime kIssued =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 1) + std::chrono::hours(8);
inline constexpr std::uint32_t kIssuer = 7;
inline constexpr std::uint32_t kMeter = 42;

struct Authority {
  /// Bundle `sequence` + 1: `sequence` of the list. Meter 42's key is revoked from `revoked_from`.
  postal::SignedBundle bundle(std::uint64_t sequence, std::optional<Date> revoked_from = {}) const {
    using std::chrono::year;
    const postal::IssuerStatement statement{
        1, kIssued, {{root.public_key(), kIssuer, year(2026) / 1 / 1, year(2027) / 12 / 31, {}}}};
    postal::KeyList list{
        kIssuer, sequence, kIssued + std::chrono::seconds(sequence), {clock.public_key()}, {}};
    list.keys.push_back({meter.public_key(), kIssuer, kMeter, year(2025) / 1 / 1,
                         year(2028) / 12 / 31, revoked_from});
    for (std::uint8_t i = 0; i < sequence % 50; ++i) {
      list.keys.push_back({seeded_key(i).public_key(),
                           kIssuer,
                           100u + i,
                           year(2026) / 1 / 1,
                           year(2027) / 12 / 31,
                           {}});
    }
    const Bytes lists[] = {postal::sign_key_list(list, root).value()};
    return postal::make_bundle(postal::sign_issuers(statement, root).value(), lists,
                               root.public_key())
        .value();
  }
  Bytes time(UtcTime now, std::uint64_t sequence) const {
    return postal::sign_time({now, sequence}, clock).value();
  }
  postal::SignedToken token(Date mailed, std::uint64_t counter = 1) const {
    const postal::Token made{{kIssuer, kMeter, counter},
                             postal::Money{406},
                             mailed,
                             270,
                             postal::Imb{"00", "270", "900000101", "000001", "68155525920"},
                             {}};
    return postal::parse_token(postal::mint_token(made, meter).value()).value();
  }

  postal::SigningKey root = seeded_key(0xAA);
  postal::SigningKey clock = seeded_key(0xBB);
  postal::SigningKey meter = seeded_key(0xCC);
};

/// A station's folder, its first bundle, and clocks that the test sets.
struct Station {
  explicit Station(std::uint64_t first_sequence = 1) {
    config.bundle = folder / "first.bundle";
    config.root = folder / "root.pub";
    REQUIRE(postal::save_public_key(authority.root.public_key(), config.root));
    give(first_sequence);
    std::filesystem::create_directories(journal());
  }
  void give(std::uint64_t sequence) const {
    REQUIRE(write_file_durably(config.bundle, authority.bundle(sequence).file()));
  }
  std::filesystem::path journal() const { return folder / "journal"; }
  Result<KeyKeeper> open() {
    return KeyKeeper::open(
        config, journal(), [this](const std::string& line) { log += line + "\n"; },
        [this] { return now; });
  }
  bool said(const std::string& words) const { return log.find(words) != log.npos; }
  /// Both clocks go on.
  void pass(std::chrono::microseconds time) {
    now.clock += time;
    now.steady += time;
  }

  test::TemporaryFolder folder;
  Authority authority;
  KeysConfig config;
  KeyKeeper::Now now{kIssued + std::chrono::hours(24), SteadyTime(std::chrono::hours(5))};
  std::string log;
};

}  // namespace backstamp::station::testing
