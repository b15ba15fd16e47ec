// The meter box with its keys in SoftHSM, behind a module whose device goes away on command.
#include "tests/unit/datacenter/meterbox/scene.h"

#include "datacenter/meterbox/ledger.h"
#include "tests/support/failing_pkcs11.h"

namespace backstamp::datacenter::meterbox {
namespace {

struct HsmScene {
  TemporaryFolder folder{quick_folder()};
  postal::HsmConfig config;
  std::unique_ptr<test::Shim> shim;
  std::unique_ptr<Box> box;

  HsmScene() {
    auto made = postal::make_soft_token(folder / "hsm", "box");
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    config = *made;
    shim = std::make_unique<test::Shim>(folder / "control", config.module);
    config.module = BACKSTAMP_FAILING_PKCS11;
    std::filesystem::create_directory(folder / "box");
    auto keys = HsmKeyring::create(*postal::Hsm::open(config));
    REQUIRE(keys);
    REQUIRE(Box::create(folder / "box", founding(), **keys));
    open();
  }
  void open() {
    box.reset();
    auto keys = HsmKeyring::open(*postal::Hsm::open(config));
    REQUIRE(keys);
    auto opened = Box::open(folder / "box", *std::move(keys), [](const std::string&) {});
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened);
    box = *std::move(opened);
  }
};

}  // namespace

TEST_CASE("wherever the device goes while value moves, all of a request is done or none of it") {
  HsmScene scene;
  // An account is opened though the device goes at each of the calls that it takes.
  Answer opened;
  for (int calls = 1; calls < 40 && !std::holds_alternative<AccountAnswer>(opened); ++calls) {
    scene.shim->go_away_after(calls);
    opened = scene.box->ask(OpenAccount{42, 1, "900000042", {1'000'000}});
    if (const auto* refusal = std::get_if<Refusal>(&opened)) {
      INFO(refusal->message);
      CHECK(refusal->kind == ErrorKind::unavailable);
    }
    scene.shim->come_back();
  }
  REQUIRE(std::holds_alternative<AccountAnswer>(opened));
  REQUIRE(std::holds_alternative<AccountAnswer>(scene.box->ask(Fund{42, 2, {100'000}})));
  auto bound = piece();
  bound.address = "12 HIGH ST";
  std::uint64_t number = 3;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  for (int calls = 1; calls <= 24; ++calls) {
    INFO("gone after " << calls << " calls");
    const Dispense request{42, number, {bound, piece()}};
    scene.shim->go_away_after(calls);
    const Answer answer = scene.box->ask(request);
    scene.shim->come_back();
    if (const auto* refusal = std::get_if<Refusal>(&answer)) {
      CHECK(refusal->kind == ErrorKind::unavailable);
      ++failed;
      // The same request again, once the device is back.
      const Answer again = scene.box->ask(request);
      REQUIRE(std::holds_alternative<MintedTokens>(again));
    }
    ++number;
    ++done;
    const Registers of = scene.box->state().accounts.at(42).registers;
    CHECK(of.pieces == 2 * done);
    CHECK(of.ascending.mills == static_cast<std::int64_t>(812 * done));
    CHECK(check_registers(of));
  }
  CHECK(failed >= 8);
  const BoxState state = scene.box->state();
  scene.open();
  CHECK(scene.box->state() == state);
}

TEST_CASE("a token of the box is genuine by the account's key alone") {
  HsmScene scene;
  const Answer opened = scene.box->ask(OpenAccount{42, 1, "900000042", {1'000'000}});
  REQUIRE(std::holds_alternative<AccountAnswer>(opened));
  (void)scene.box->ask(Fund{42, 2, {100'000}});
  const Answer answer = scene.box->ask(Dispense{42, 3, {piece()}});
  REQUIRE(std::holds_alternative<MintedTokens>(answer));
  const auto token = postal::parse_token(std::get<MintedTokens>(answer).tokens[0]);
  REQUIRE(token);
  CHECK(token->algorithm == postal::SignatureAlgorithm::es256);
  CHECK(token->key == postal::public_key_id(std::get<AccountAnswer>(opened).public_key));
}

}  // namespace backstamp::datacenter::meterbox
