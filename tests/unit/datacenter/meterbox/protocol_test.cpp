#include <random>

#include "tests/unit/datacenter/meterbox/scene.h"

namespace backstamp::datacenter::meterbox {
namespace {

std::vector<Request> requests() {
  auto bound = piece();
  bound.address = "12 HIGH ST|MÜNCHEN";
  bound.meter_code = true;
  return {Hello{{9, sha256(as_bytes("x"))}},
          OpenAccount{42, 1, "900000042", {1000}},
          Fund{42, 2, {100}},
          Dispense{42, 3, {piece(), bound}},
          Refund{42, 4, {7, 42, 1}, {406}},
          ChangeState{42, 5, AccountState::withdrawn},
          SubmitOrder{{1, 2, 3}},
          SignStatement{Bytes(300, 7)},
          Audit{42},
          VerifyAddress{{1, 2}, "12 HIGH ST"},
          AskKeys{},
          TakeAccounts{{1}, {2, 3}}};
}

std::vector<Answer> answers() {
  Registers registers{{1}, {2}, {3}, 4, {5}, {6}, {7}};
  const Anchor anchor{12, sha256(as_bytes("y"))};
  return {Refusal{ErrorKind::unavailable, "gone"},
          AccountAnswer{registers, AccountState::locked, {9}, {1}, {2, 3}, anchor},
          MintedTokens{registers, {{1}, {2, 2}}, {3}, anchor},
          BoxKeys{7, {1}, {2}, anchor},
          AddressVerdict{true},
          Statement{{1, 2}, anchor}};
}

}  // namespace

TEST_CASE("every request and answer comes out as it went in") {
  for (const Request& request : requests()) {
    INFO(request.index());
    CHECK(decode_request(encode_request(request)).value() == request);
  }
  for (const Answer& answer : answers()) {
    INFO(answer.index());
    CHECK(decode_answer(encode_answer(answer)).value() == answer);
  }
}

TEST_CASE("there is one encoding of each message: whatever parses is encoded to the same bytes") {
  std::mt19937 random(4);
  std::size_t parsed = 0;
  for (const Request& request : requests()) {
    const Bytes sound = encode_request(request);
    for (int i = 0; i < 3000; ++i) {
      Bytes changed = sound;
      changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
      if (random() % 4 == 0) changed.resize(random() % (changed.size() + 1));
      const auto decoded = decode_request(changed);
      if (decoded) CHECK(encode_request(*decoded) == changed);
      parsed += decoded.has_value();
    }
  }
  CHECK(parsed > 0);
}

TEST_CASE("a message over its limit is not looked at") {
  CHECK(decode_request(Bytes(kMessageBytes + 1)).error().kind == ErrorKind::limit);
  CHECK_FALSE(decode_request({}));
  Dispense many{42, 3, std::vector(kPiecesPerDispense + 1, piece())};
  CHECK_FALSE(decode_request(encode_request(many)));
}

}  // namespace backstamp::datacenter::meterbox
