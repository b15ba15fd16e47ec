#include <algorithm>
#include <set>
#include <thread>

#include "datacenter/meterbox/ledger.h"
#include "tests/unit/datacenter/meterbox/scene.h"

namespace backstamp::datacenter::meterbox {

TEST_CASE("an account is opened, funded and dispensed from, and its registers balance") {
  Scene scene;
  const auto opened = scene.done(OpenAccount{42, 1, "900000042", {50'000}});
  CHECK(opened.registers == Registers{});
  CHECK(opened.anchor.version == 2);
  scene.done(Fund{42, 2, {10'000}});
  const auto minted = scene.done<MintedTokens>(Dispense{42, 3, {piece(406), piece(730)}});
  CHECK(minted.registers.ascending.mills == 1136);
  CHECK(minted.registers.descending.mills == 8864);
  CHECK(minted.registers.control.mills == 10'000);
  CHECK(minted.registers.pieces == 2);
  REQUIRE(minted.tokens.size() == 2);
  using std::chrono::year;
  const postal::KeyBundle bundle{
      1, {}, {{opened.public_key, 7, 42, year(2026) / 1 / 1, year(2026) / 12 / 31, {}}}};
  const auto verifier = postal::Verifier::make(bundle);
  REQUIRE(verifier);
  for (std::uint64_t i = 0; i < 2; ++i) {
    const auto token = postal::parse_token(minted.tokens[i]);
    REQUIRE(token);
    CHECK(token->token.identity == postal::TokenIdentity{7, 42, i + 1});
    CHECK(verifier->verify(*token) == postal::Verdict::genuine);
  }
  const auto keys = scene.done<BoxKeys>(AskKeys{});
  const auto transaction = open_transaction(minted.record, keys.transaction_key);
  REQUIRE(transaction);
  CHECK(transaction->version == minted.anchor.version);
  CHECK(transaction->before.descending.mills == 10'000);
  CHECK(transaction->after == minted.registers);
  CHECK(transaction->tokens == std::vector{sha256(minted.tokens[0]), sha256(minted.tokens[1])});
  CHECK(open_transaction(minted.record, keys.issuer_key).error().kind == ErrorKind::refused);
  CHECK(scene.done(Audit{42}).registers == minted.registers);
}

TEST_CASE("what the rules refuse changes nothing") {
  Scene scene;
  scene.open(42, 1000);
  const BoxState before = scene.box->state();
  CHECK(scene.refused(Dispense{42, 3, {piece(1001)}}).kind == ErrorKind::refused);
  CHECK(scene.refused(Dispense{42, 3, {piece(600), piece(600)}}).kind == ErrorKind::refused);
  CHECK(scene.refused(Dispense{42, 3, {}}).kind == ErrorKind::invalid);
  CHECK(scene.refused(Dispense{42, 3, {piece(-1)}}).kind == ErrorKind::invalid);
  auto odd = piece();
  odd.routing = "123";
  CHECK(scene.refused(Dispense{42, 3, {odd}}).kind == ErrorKind::invalid);
  CHECK(scene.refused(Dispense{43, 3, {piece()}}).kind == ErrorKind::not_found);
  CHECK(scene.refused(Fund{42, 3, {0}}).kind == ErrorKind::invalid);
  CHECK(scene.refused(Fund{42, 3, {1'000'000}}).kind == ErrorKind::refused);
  CHECK(scene.refused(Refund{42, 3, {7, 42, 1}, {100}}).kind == ErrorKind::refused);
  CHECK(scene.refused(OpenAccount{42, 9, "900000009", {1}}).kind == ErrorKind::refused);
  CHECK(scene.refused(OpenAccount{43, 1, "900000042", {1}}).kind == ErrorKind::refused);
  CHECK(scene.refused(OpenAccount{43, 1, "900000043", {1'000'001}}).kind == ErrorKind::refused);
  CHECK(scene.refused(OpenAccount{0, 1, "900000043", {1}}).kind == ErrorKind::invalid);
  CHECK(scene.refused(OpenAccount{43, 1, "12345", {1}}).kind == ErrorKind::invalid);
  CHECK(scene.refused(Audit{43}).kind == ErrorKind::not_found);
  CHECK(scene.box->state() == before);
}

TEST_CASE("a request that comes again is answered again, and done once") {
  Scene scene;
  scene.open(42);
  const Dispense request{42, 3, {piece(), piece()}};
  const auto first = scene.done<MintedTokens>(request);
  const auto later = scene.done<MintedTokens>(Dispense{42, 7, {piece()}});
  CHECK(scene.done<MintedTokens>(request) == first);
  scene.start();
  CHECK(scene.done<MintedTokens>(request) == first);
  CHECK(scene.done(Audit{42}).registers == later.registers);
  Dispense other = request;
  other.pieces.pop_back();
  CHECK(scene.refused(other).kind == ErrorKind::refused);
  CHECK(scene.refused(Dispense{42, 5, {piece()}}).kind == ErrorKind::refused);
}

TEST_CASE("answers are remembered for the last 64 requests of an account") {
  Scene scene;
  scene.open(42);
  std::vector<MintedTokens> answers;
  for (std::uint64_t number = 3; number < 103; ++number) {
    answers.push_back(scene.done<MintedTokens>(Dispense{42, number, {piece(1)}}));
  }
  for (std::uint64_t number = 103 - kRememberedRequests; number < 103; ++number) {
    CHECK(scene.done<MintedTokens>(Dispense{42, number, {piece(1)}}) == answers[number - 3]);
  }
  CHECK(scene.refused(Dispense{42, 102 - kRememberedRequests, {piece(1)}}).kind ==
        ErrorKind::refused);
}

TEST_CASE("a token is refunded once, to the account that paid it") {
  Scene scene;
  scene.open(42, 1000);
  scene.open(43, 1000);
  scene.done<MintedTokens>(Dispense{42, 3, {piece(400), piece(100)}});
  const auto refunded = scene.done(Refund{42, 4, {7, 42, 1}, {400}});
  CHECK(refunded.registers.descending.mills == 900);
  CHECK(refunded.registers.ascending.mills == 500);
  CHECK(refunded.registers.control.mills == 1400);
  CHECK(scene.refused(Refund{42, 5, {7, 42, 1}, {1}}).kind == ErrorKind::refused);
  CHECK(scene.refused(Refund{42, 5, {7, 42, 3}, {1}}).kind == ErrorKind::refused);
  CHECK(scene.refused(Refund{42, 5, {7, 43, 2}, {1}}).kind == ErrorKind::refused);
  CHECK(scene.refused(Refund{42, 5, {7, 42, 2}, {101}}).kind == ErrorKind::refused);
  scene.start();
  CHECK(scene.refused(Refund{42, 5, {7, 42, 1}, {1}}).kind == ErrorKind::refused);
}

TEST_CASE("a locked account dispenses nothing, a withdrawn one never again") {
  Scene scene;
  scene.open(42, 1000);
  scene.done(ChangeState{42, 3, AccountState::locked});
  CHECK(scene.refused(Dispense{42, 4, {piece()}}).kind == ErrorKind::refused);
  CHECK(scene.refused(Fund{42, 4, {1}}).kind == ErrorKind::refused);
  scene.done(ChangeState{42, 4, AccountState::active});
  scene.done<MintedTokens>(Dispense{42, 5, {piece(400)}});
  const auto gone = scene.done(ChangeState{42, 6, AccountState::withdrawn});
  CHECK(gone.registers.descending.mills == 0);
  CHECK(gone.registers.withdrawn.mills == 600);
  CHECK(gone.registers.control.mills == 400);
  CHECK(scene.refused(ChangeState{42, 7, AccountState::active}).kind == ErrorKind::refused);
  CHECK(scene.refused(Dispense{42, 7, {piece(0)}}).kind == ErrorKind::refused);
  scene.start();
  CHECK(scene.done(Audit{42}).state == AccountState::withdrawn);
}

TEST_CASE("meter codes name a second each, never the same one twice") {
  Scene scene;
  scene.open(42);
  auto order = piece(1);
  order.meter_code = true;
  order.routing.clear();
  std::set<std::string> codes;
  const std::vector orders(100, order);
  for (std::uint64_t number = 3; number < 8; ++number) {
    for (const Bytes& token : scene.done<MintedTokens>(Dispense{42, number, orders}).tokens) {
      CHECK(codes.insert(postal::canonical(postal::parse_token(token)->token.code)).second);
    }
  }
  // Ten minutes ahead is enough.
  scene.done<MintedTokens>(Dispense{42, 8, orders});
  CHECK(scene.refused(Dispense{42, 9, orders}).kind == ErrorKind::unavailable);
}

TEST_CASE("an address binding is of one address and of one piece") {
  Scene scene;
  scene.open(42);
  auto bound = piece();
  bound.address = "12 HIGH ST|SPRINGFIELD|12345";
  const auto minted = scene.done<MintedTokens>(Dispense{42, 3, {bound, bound, piece()}});
  const auto matches = [&](ByteView token, const std::string& address) {
    return scene.done<AddressVerdict>(VerifyAddress{Bytes(token.begin(), token.end()), address})
        .matches;
  };
  CHECK(matches(minted.tokens[0], bound.address));
  CHECK(matches(minted.tokens[1], bound.address));
  CHECK_FALSE(matches(minted.tokens[0], "12 HIGH ST|SPRINGFIELD|12346"));
  CHECK_FALSE(matches(minted.tokens[2], bound.address));
  const auto first = postal::parse_token(minted.tokens[0])->token;
  const auto second = postal::parse_token(minted.tokens[1])->token;
  REQUIRE(first.address);
  CHECK(first.address != second.address);
  CHECK_FALSE(postal::parse_token(minted.tokens[2])->token.address);
  CHECK(scene.refused(VerifyAddress{{1, 2, 3}, "x"}).kind == ErrorKind::invalid);
}

TEST_CASE(
    "when the device goes, requests fail and value is unharmed; when it is back, all goes on") {
  Scene scene;
  scene.open(42);
  const auto before = scene.box->state();
  scene.device->gone = true;
  CHECK(scene.refused(Dispense{42, 3, {piece()}}).kind == ErrorKind::unavailable);
  CHECK(scene.refused(Fund{42, 3, {1}}).kind == ErrorKind::unavailable);
  CHECK(scene.refused(OpenAccount{43, 1, "900000043", {1}}).kind == ErrorKind::unavailable);
  CHECK(scene.box->state() == before);
  scene.device->gone = false;
  const auto minted = scene.done<MintedTokens>(Dispense{42, 3, {piece()}});
  CHECK(minted.registers.pieces == 1);
}

TEST_CASE("a meter whose key is missing does not stop the others of its group") {
  Scene scene;
  for (const std::uint32_t meter : {1, 2, 3}) scene.open(meter);
  scene.device->seeds.erase("meter-2");
  std::vector<std::thread> threads;
  std::array<Answer, 3> answers;
  for (std::uint32_t i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      answers[i] = scene.box->ask(Dispense{i + 1, 3, {piece(), piece()}});
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::holds_alternative<MintedTokens>(answers[0]));
  CHECK(std::holds_alternative<Refusal>(answers[1]));
  CHECK(std::holds_alternative<MintedTokens>(answers[2]));
  CHECK(scene.done(Audit{2}).registers.pieces == 0);
  CHECK(scene.done(Audit{3}).registers.pieces == 2);
}

TEST_CASE("many threads on few accounts lose nothing, and the journal says the same as memory") {
  Scene scene;
  constexpr std::uint32_t kMeters = 5;
  for (std::uint32_t meter = 1; meter <= kMeters; ++meter) scene.open(meter, 1'000'000);
  std::vector<std::thread> threads;
  std::array<std::atomic<std::uint64_t>, kMeters + 1> pieces{};
  for (std::uint32_t meter = 1; meter <= kMeters; ++meter) {
    // Two threads an account: their numbers cross, some are refused.
    for (std::uint64_t start : {0, 1}) {
      threads.emplace_back([&, meter, start] {
        for (std::uint64_t i = 0; i < 60; ++i) {
          const Dispense request{meter, 3 + 2 * i + start, {piece(10), piece(20)}};
          const Answer answer = scene.box->ask(request);
          if (std::holds_alternative<MintedTokens>(answer)) pieces[meter] += 2;
        }
      });
    }
  }
  for (auto& thread : threads) thread.join();
  const BoxState state = scene.box->state();
  REQUIRE(check_state(state));
  for (std::uint32_t meter = 1; meter <= kMeters; ++meter) {
    const Registers& of = state.accounts.at(meter).registers;
    CHECK(of.pieces == pieces[meter]);
    CHECK(of.ascending.mills == static_cast<std::int64_t>(15 * of.pieces));
    CHECK(of.control.mills == 1'000'000);
  }
  scene.box.reset();
  MemoryKeyring keys(scene.device);
  const auto audit = Ledger::audit(scene.folder.path(), keys.seal());
  REQUIRE(audit);
  CHECK(audit->state == state);
  CHECK(audit->records == state.anchor.version);
}

TEST_CASE("a box that cannot show what the data center heard refuses all work") {
  Scene scene;
  scene.open(42);
  const Anchor now = scene.done<BoxKeys>(AskKeys{}).anchor;
  scene.done<BoxKeys>(Hello{{}});
  scene.done<BoxKeys>(Hello{now});
  scene.done<MintedTokens>(Dispense{42, 3, {piece()}});
  scene.done<BoxKeys>(Hello{now});
  SECTION("later than what it has") {
    CHECK(scene.refused(Hello{{now.version + 9, now.chain}}).kind == ErrorKind::refused);
  }
  SECTION("another history") {
    Anchor other = now;
    other.chain[5] ^= 1;
    CHECK(scene.refused(Hello{other}).kind == ErrorKind::refused);
  }
  CHECK(scene.refused(Dispense{42, 4, {piece()}}).kind == ErrorKind::refused);
  CHECK(scene.refused(Hello{now}).kind == ErrorKind::refused);
}

TEST_CASE("a statement is signed by the issuer key and put on record by its hash") {
  Scene scene;
  const auto keys = scene.done<BoxKeys>(AskKeys{});
  const Bytes payload(100'000, 'k');
  const auto statement = scene.done<Statement>(SignStatement{payload});
  CHECK(statement.anchor.version == 2);
  CHECK(statement.content.size() > payload.size());
  scene.start();
}

TEST_CASE("two boxes do not work in one folder") {
  Scene scene;
  const auto second = Box::open(scene.folder.path(), std::make_unique<MemoryKeyring>(scene.device),
                                [](const std::string&) {});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::refused);
}

}  // namespace backstamp::datacenter::meterbox
