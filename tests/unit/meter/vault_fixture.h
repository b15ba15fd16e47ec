// A vault with funds, and requests for pieces.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "meter/vault.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::test {

inline meter::MeterIdentity identity_for_tests() {
  return {1, 7, "123456"};
}

inline meter::PieceRequest request_for_tests(std::int64_t mills = 406) {
  return {"12345678901", 270, postal::Money{mills}, Date(std::chrono::year(2026) / 11 / 22)};
}

/// A folder with a vault in it, by name "vault".
struct VaultFolder {
  TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "vault";
  explicit VaultFolder(std::int64_t mills = 100'000'000) {
    meter::NewMeter meter;
    meter.identity = identity_for_tests();
    meter.funds = postal::Money{mills};
    REQUIRE(meter::Vault::create(path, meter));
  }
  meter::Vault open() const {
    auto vault = meter::Vault::open(path);
    REQUIRE(vault.has_value());
    return std::move(*vault);
  }
};

inline bool in_balance(const meter::Registers& registers) {
  return registers.ascending.mills >= 0 && registers.descending.mills >= 0 &&
         registers.ascending.mills + registers.descending.mills == registers.funded.mills;
}

}  // namespace backstamp::test
