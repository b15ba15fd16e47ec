// What tests of the meter box share: persons, a box in a folder, requests.
#pragma once

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "datacenter/meterbox/box.h"
#include "tests/support/memory_keyring.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::datacenter::meterbox {

using postal::Money;
using test::MemoryDevice;
using test::MemoryKeyring;
using test::TemporaryFolder;

inline postal::SigningKey person_key(std::uint8_t of) {
  const std::array<std::uint8_t, 32> seed{of, 1};
  return postal::SigningKey::from_seed(seed).value();
}

/// Two officers (1, 2), an operator (3), an auditor (4).
inline Founding founding() {
  Founding made;
  made.issuer = 7;
  made.open_limit = {1'000'000};
  made.people = {{"Ada", Role::officer, person_key(1).public_key()},
                 {"Ben", Role::officer, person_key(2).public_key()},
                 {"Cyd", Role::operator_, person_key(3).public_key()},
                 {"Dan", Role::auditor, person_key(4).public_key()}};
  return made;
}

inline PieceOrder piece(std::int64_t mills = 406) {
  PieceOrder order;
  order.routing = "12345678901";
  order.service = 270;
  order.postage = {mills};
  order.mailed = std::chrono::year(2026) / 11 / 26;
  return order;
}

/// Memory, where there is such a folder: thousands of boxes are opened, and no power is cut.
inline std::filesystem::path quick_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

/// A box with keys in memory.
struct Scene {
  TemporaryFolder folder{quick_folder()};
  std::shared_ptr<MemoryDevice> device = std::make_shared<MemoryDevice>();
  std::unique_ptr<Box> box;
  std::vector<std::string> log;

  Scene() {
    MemoryKeyring keys(device);
    const auto created = Box::create(folder.path(), founding(), keys);
    INFO((created ? "" : created.error().message));
    REQUIRE(created);
    start();
  }
  Result<void> try_start() {
    box.reset();
    auto opened = Box::open(folder.path(), std::make_unique<MemoryKeyring>(device),
                            [this](const std::string& line) { log.push_back(line); });
    if (!opened) return std::unexpected(opened.error());
    box = *std::move(opened);
    return {};
  }
  void start() {
    const auto started = try_start();
    INFO((started ? "" : started.error().message));
    REQUIRE(started);
  }

  template <typename Wanted = AccountAnswer>
  Wanted done(const Request& request) {
    Answer answer = box->ask(request);
    const auto* refusal = std::get_if<Refusal>(&answer);
    INFO((refusal != nullptr ? refusal->message : ""));
    REQUIRE(std::holds_alternative<Wanted>(answer));
    return std::get<Wanted>(std::move(answer));
  }
  Refusal refused(const Request& request) {
    Answer answer = box->ask(request);
    REQUIRE(std::holds_alternative<Refusal>(answer));
    return std::get<Refusal>(std::move(answer));
  }
  /// Meter with a mailer id of its own, opened (request 1) and funded (request 2).
  void open(std::uint32_t meter, std::int64_t mills = 100'000) {
    std::string digits = std::to_string(meter);
    digits.insert(0, 8 - std::min<std::size_t>(8, digits.size()), '0');
    done(OpenAccount{meter, 1, "9" + digits, {1'000'000}});
    if (mills > 0) done(Fund{meter, 2, {mills}});
  }
  Bytes order(Action action, std::uint64_t sequence, std::vector<std::uint8_t> persons) {
    const Order made{box->state().settings.box, sequence, utc_now() + std::chrono::hours(1),
                     std::move(action)};
    auto file = sign_order(made, person_key(persons.front()));
    for (std::size_t i = 1; i < persons.size(); ++i) {
      file = approve_order(*file, person_key(persons[i]));
    }
    REQUIRE(file);
    return *file;
  }
};

}  // namespace backstamp::datacenter::meterbox
