// A vault whose key lies in a device: old copies, a device that goes away, kill -9.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <set>

#include "base/file.h"
#include "meter/device.h"
#include "tests/support/failing_pkcs11.h"
#include "tests/unit/meter/vault_fixture.h"

using namespace backstamp;
using namespace backstamp::meter;
using test::in_balance;
using test::request_for_tests;
using test::TemporaryFolder;

namespace {

constexpr std::int64_t kPostage = 406;

/// A token, and a vault beside it that has its key there.
struct DeviceVault {
  TemporaryFolder folder;
  std::filesystem::path path = folder / "vault";
  postal::HsmConfig token;

  DeviceVault() {
    auto made = postal::make_soft_token(folder / "token", "franker");
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    token = std::move(*made);
  }
  NewMeter wanted() const {
    NewMeter meter;
    meter.identity = test::identity_for_tests();
    meter.algorithm = postal::SignatureAlgorithm::es256;
    meter.funds = postal::Money{100'000'000};
    meter.device = token;
    return meter;
  }
  void make() const {
    const auto made = Vault::create(path, wanted());
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
  }
  Vault open() const {
    auto vault = Vault::open(path);
    INFO((vault ? "" : vault.error().message));
    REQUIRE(vault);
    return std::move(*vault);
  }
  /// The files of the vault as they are now; what lies in the token is not among them.
  std::filesystem::path copy(const std::string& name) const {
    std::filesystem::copy(path, folder / name, std::filesystem::copy_options::recursive);
    return folder / name;
  }
};

void print_one(Vault& vault) {
  const auto pieces = vault.print(std::vector{request_for_tests()});
  INFO((pieces ? "" : pieces.error().message));
  REQUIRE(pieces);
}

[[noreturn]] void print_for_ever(const std::filesystem::path& path, int out, unsigned seed) {
  std::mt19937 random(seed);
  auto vault = Vault::open(path);
  if (!vault) ::_exit(2);
  for (;;) {
    const auto pieces = vault->print(std::vector(1 + random() % 3, request_for_tests()));
    if (!pieces) ::_exit(3);
    for (const PrintedPiece& piece : *pieces) {
      const std::uint64_t counter = piece.identity.counter;
      if (::write(out, &counter, sizeof counter) != sizeof counter) ::_exit(4);
    }
    if (random() % 4 == 0) (void)vault->mark_registered(vault->registers().counter);
  }
}

}  // namespace

TEST_CASE("A key that is made in a device signs genuine tokens, and is in no file of the vault") {
  const DeviceVault meter;
  meter.make();
  CHECK_FALSE(std::filesystem::exists(meter.path / "key.pem"));
  auto vault = meter.open();
  CHECK(vault.in_device());
  const auto pieces = vault.print(std::vector{request_for_tests()});
  REQUIRE(pieces);
  const Date day(std::chrono::year(2026) / 11 / 22);
  const postal::KeyBundle bundle{1, {}, {{vault.public_key(), 1, 7, day, day, {}}}};
  const auto token = postal::parse_token(pieces->front().token);
  REQUIRE(token);
  CHECK(postal::Verifier::make(bundle)->verify(*token) == postal::Verdict::genuine);
  CHECK(postal::load_public_key(public_key_file(meter.path)).value() == vault.public_key());
}

TEST_CASE("An old copy of a vault put back is refused, of whatever moment before the last print") {
  const DeviceVault meter;
  meter.make();
  std::vector<std::filesystem::path> old;
  std::vector<std::filesystem::path> current;
  const auto copy = [&] {
    return meter.copy("copy-" + std::to_string(old.size() + current.size()));
  };
  old.push_back(copy());
  for (int round = 0; round < 4; ++round) {
    auto vault = meter.open();
    print_one(vault);
    if (round < 3) old.push_back(copy());
    REQUIRE(vault.fund(postal::Money{1000}));
    if (round % 2 == 1) REQUIRE(vault.mark_registered(vault.registers().counter));
    if (round < 3) old.push_back(copy());
  }
  current.push_back(copy());
  const auto put_back = [&](const std::filesystem::path& from) {
    std::filesystem::remove_all(meter.path);
    std::filesystem::copy(from, meter.path, std::filesystem::copy_options::recursive);
    return Vault::open(meter.path);
  };
  for (const auto& from : old) {
    CAPTURE(from.string());
    const auto vault = put_back(from);
    REQUIRE_FALSE(vault);
    CHECK(vault.error().kind == ErrorKind::refused);
    CHECK(vault.error().message.find("AN OLD COPY") != std::string::npos);
  }
  for (const auto& from : current) CHECK(put_back(from)->registers().counter == 4);
  // Files of different days put together: the newest state, or none.
  for (const auto& journal : old) {
    for (const auto& slots : {old.front(), old.back(), current.front()}) {
      REQUIRE_FALSE(put_back(journal));
      std::filesystem::copy_file(slots / "registers", meter.path / "registers",
                                 std::filesystem::copy_options::overwrite_existing);
      CHECK_FALSE(Vault::open(meter.path));
      std::filesystem::copy_file(current.front() / "journal.1", meter.path / "journal.1",
                                 std::filesystem::copy_options::overwrite_existing);
      const auto vault = Vault::open(meter.path);
      if (vault) CHECK(vault->registers().counter == 4);
    }
  }
  put_back(current.front());
  auto vault = meter.open();
  print_one(vault);
  CHECK(vault.registers().counter == 5);
}

TEST_CASE("Wherever in a print the device goes, value is unharmed and printing goes on after it") {
  DeviceVault meter;
  test::Shim shim(meter.folder / "control", meter.token.module);
  meter.token.module = BACKSTAMP_FAILING_PKCS11;
  meter.make();
  auto vault = meter.open();
  std::set<std::uint64_t> given;
  unsigned failures = 0;
  unsigned on_record_only = 0;
  const auto print = [&] {
    const auto pieces = vault.print(std::vector(2, request_for_tests(kPostage)));
    if (pieces) {
      for (const auto& piece : *pieces) CHECK(given.insert(piece.identity.counter).second);
    } else {
      CHECK(pieces.error().kind == ErrorKind::unavailable);
      CHECK_FALSE(vault.print(std::vector{request_for_tests(kPostage)}));
      ++failures;
    }
  };
  for (int calls = 1; calls <= 24; ++calls) {
    CAPTURE(calls);
    const std::uint64_t before = vault.registers().counter;
    shim.go_away_after(calls);
    const unsigned failures_before = failures;
    while (failures == failures_before) print();
    shim.come_back();
    const std::uint64_t printed = given.size();
    print();
    REQUIRE(given.size() == printed + 2);
    const Registers& registers = vault.registers();
    CHECK(in_balance(registers));
    CHECK(registers.ascending.mills == kPostage * static_cast<std::int64_t>(registers.counter));
    CHECK(registers.counter >= before + 2);
    on_record_only = static_cast<unsigned>(registers.counter - given.size());
  }
  CHECK(failures == 24);
  CHECK(on_record_only == 0);
  CHECK(vault.pending().size() == vault.registers().counter);
  { const auto closed = std::move(vault); }
  CHECK(meter.open().registers().counter >= *given.rbegin());
}

TEST_CASE("A disk that is full at any byte takes no value from a meter with a device") {
  const DeviceVault meter;
  meter.make();
  std::uint64_t printed = 0;
  std::set<bool> outcomes;
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  for (rlim_t room = 0; room < 300; room += 15) {
    CAPTURE(room);
    auto vault = meter.open();
    REQUIRE(vault.registers().counter == printed);
    const rlimit limited{std::filesystem::file_size(meter.path / "journal.1") + room,
                         before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limited) == 0);
    const auto pieces = vault.print(std::vector{request_for_tests()});
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    { const auto closed = std::move(vault); }
    // Without its indicium a piece may be on record (SoftHSM, too, writes to that disk), or not.
    const Registers registers = meter.open().registers();
    CHECK(in_balance(registers));
    CHECK(registers.counter - printed <= 1);
    if (pieces) CHECK(registers.counter == printed + 1);
    printed = registers.counter;
    outcomes.insert(pieces.has_value());
  }
  CHECK(outcomes.size() == 2);
}

TEST_CASE("A vault without its device says so, and opens when it is back") {
  DeviceVault meter;
  test::Shim shim(meter.folder / "control", meter.token.module);
  meter.token.module = BACKSTAMP_FAILING_PKCS11;
  meter.make();
  shim.go_away();
  const auto absent = Vault::open(meter.path);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().message.find("device") != std::string::npos);
  shim.come_back();
  {
    auto vault = meter.open();
    print_one(vault);
  }
  shim.go_away();
  {
    auto records = Vault::open_records(meter.path);
    REQUIRE(records);
    CHECK(records->in_device());
    CHECK(records->print(std::vector{request_for_tests()}).error().kind == ErrorKind::refused);
    CHECK(records->pending().size() == 1);
    REQUIRE(records->mark_registered(1));
  }
  shim.come_back();
  auto vault = meter.open();
  CHECK(vault.pending().empty());
  print_one(vault);
}

TEST_CASE("A making that fails leaves no vault, and what it left in the device is no hindrance") {
  DeviceVault meter;
  test::Shim shim(meter.folder / "control", meter.token.module);
  meter.token.module = BACKSTAMP_FAILING_PKCS11;
  unsigned failures = 0;
  for (int calls = 1; calls < 60; calls += 3) {
    CAPTURE(calls);
    shim.go_away_after(calls);
    const auto made = Vault::create(meter.path, meter.wanted());
    shim.come_back();
    if (made) break;
    ++failures;
    CHECK_FALSE(std::filesystem::exists(meter.path));
    const auto name = "backstamp meter 1-7";
    if (const auto device = Device::open({meter.token, name}); device && device->floor->read()) {
      Device::forget({meter.token, name});  // both were made: only a person can know for what
    }
  }
  CHECK(failures > 5);
  auto vault = meter.open();
  print_one(vault);
}

TEST_CASE("A device keeps what it has: a meter is not made over one that is there") {
  const DeviceVault meter;
  meter.make();
  const auto again = Vault::create(meter.folder / "again", meter.wanted());
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::refused);
  CHECK_FALSE(std::filesystem::exists(meter.folder / "again"));
  auto vault = meter.open();
  print_one(vault);
  NewMeter other = meter.wanted();
  other.identity.meter = 8;
  CHECK(Vault::create(meter.folder / "other", other));
}

TEST_CASE("A vault is nobody's when its device does not know it") {
  const DeviceVault meter;
  meter.make();
  {
    auto vault = meter.open();
    print_one(vault);
    print_one(vault);
  }
  const auto hsm = postal::Hsm::open(meter.token);
  REQUIRE(hsm);
  // Either place alone will do: the newest mark, or the one before it.
  REQUIRE(hsm->destroy("backstamp meter 1-7 floor 1"));
  CHECK(Vault::open(meter.path)->registers().counter == 2);
  REQUIRE(hsm->destroy("backstamp meter 1-7 floor 0"));
  CHECK(Vault::open(meter.path).error().kind == ErrorKind::invalid);
  REQUIRE(hsm->put("backstamp meter 1-7 floor 0", Bytes(36, 7)));
  CHECK(Vault::open(meter.path).error().kind == ErrorKind::invalid);
  REQUIRE(hsm->destroy("backstamp meter 1-7 key"));
  CHECK(Vault::open(meter.path).error().kind == ErrorKind::not_found);
}

TEST_CASE("A soft device lies in the vault's folder and goes with it") {
  const TemporaryFolder folder;
  NewMeter wanted;
  wanted.identity = test::identity_for_tests();
  wanted.funds = postal::Money{10'000};
  wanted.soft_device = true;
  REQUIRE(Vault::create(folder / "vault", wanted));
  {
    auto vault = Vault::open(folder / "vault");
    INFO((vault ? "" : vault.error().message));
    REQUIRE(vault);
    CHECK(vault->in_device());
    print_one(*vault);
  }
  std::filesystem::rename(folder / "vault", folder / "moved");
  auto vault = Vault::open(folder / "moved");
  INFO((vault ? "" : vault.error().message));
  REQUIRE(vault);
  print_one(*vault);
  CHECK(vault->registers().counter == 2);
}

TEST_CASE("A meter with a device, killed again and again, gives no counter twice") {
  const DeviceVault meter;
  meter.make();
  std::set<std::uint64_t> seen;
  std::mt19937 random(20261126);
  std::filesystem::path before;
  for (unsigned round = 0; round < 12; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      print_for_ever(meter.path, ends[1], round);
    }
    ::close(ends[1]);
    const auto enough = seen.size() + 1 + random() % 12;
    std::uint64_t counter = 0;
    while (::read(ends[0], &counter, sizeof counter) == sizeof counter) {
      CHECK(seen.insert(counter).second);
      if (seen.size() == enough) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    {
      const auto vault = meter.open();
      const Registers& registers = vault.registers();
      CHECK(registers.counter >= *seen.rbegin());
      CHECK(in_balance(registers));
      CHECK(registers.ascending.mills == kPostage * static_cast<std::int64_t>(registers.counter));
    }
    if (!before.empty()) {
      const auto now = meter.copy("now-" + std::to_string(round));
      std::filesystem::remove_all(meter.path);
      std::filesystem::rename(before, meter.path);
      CHECK(Vault::open(meter.path).error().kind == ErrorKind::refused);
      std::filesystem::remove_all(meter.path);
      std::filesystem::rename(now, meter.path);
    }
    before = meter.copy("before-" + std::to_string(round));
  }
}
