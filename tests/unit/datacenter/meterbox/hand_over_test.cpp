#include "datacenter/meterbox/hand_over.h"

#include "datacenter/meterbox/ledger.h"
#include "postal/signed_message.h"
#include "tests/unit/datacenter/meterbox/scene.h"

namespace backstamp::datacenter::meterbox {
namespace {

/// The document as the retired box signs it.
Bytes document_of(const Scene& old) {
  MemoryKeyring keys(old.device);
  return postal::sign_message(encode_hand_over(old.box->state()), **keys.transaction()).value();
}

TakeOver take_over(const Scene& old, const Bytes& document) {
  return {sha256(document), old.box->state().settings.transaction_key};
}

/// Accounts with pieces, a refund, one of them locked.
void fill(Scene& scene) {
  scene.open(42);
  scene.open(43);
  scene.done<MintedTokens>(Dispense{42, 3, {piece(400), piece(100)}});
  scene.done(Refund{42, 4, {7, 42, 1}, {400}});
  scene.done(ChangeState{43, 3, AccountState::locked});
}

}  // namespace

TEST_CASE("accounts move to another HSM with all that they hold, and the old box is retired") {
  Scene old;
  Scene next;
  fill(old);
  const BoxState before = old.box->state();
  const HandOver hand_over{next.box->state().settings.box};
  CHECK(old.refused(SubmitOrder{old.order(hand_over, 1, {1, 3})}).kind == ErrorKind::refused);
  old.done<Statement>(SubmitOrder{old.order(hand_over, 1, {1, 2})});
  CHECK(old.refused(Dispense{42, 5, {piece()}}).kind == ErrorKind::refused);
  CHECK(old.refused(Fund{42, 5, {1}}).kind == ErrorKind::refused);
  CHECK(old.refused(SignStatement{{1}}).kind == ErrorKind::refused);
  CHECK(old.refused(OpenAccount{44, 1, "900000044", {1}}).kind == ErrorKind::refused);
  CHECK(old.done(Audit{42}).registers.pieces == 2);

  const Bytes document = document_of(old);
  const Bytes order = next.order(take_over(old, document), 1, {1, 2});
  next.done<Statement>(TakeAccounts{order, document});
  next.done<Statement>(TakeAccounts{order, document});  // the same answer again
  const auto stands = next.done(Audit{42});
  CHECK(stands.registers == before.accounts.at(42).registers);
  CHECK(next.done(Audit{43}).state == AccountState::locked);
  const auto minted = next.done<MintedTokens>(Dispense{42, 5, {piece()}});
  CHECK(minted.registers.pieces == 3);
  CHECK(postal::open_message(minted.tokens[0], stands.public_key));
  CHECK(next.refused(Refund{42, 6, {7, 42, 1}, {1}}).kind == ErrorKind::refused);
  CHECK(next.refused(Dispense{42, 3, {piece(400), piece(100)}}).kind == ErrorKind::refused);

  // Both journals say so, too.
  const BoxState moved = next.box->state();
  next.start();
  CHECK(next.box->state() == moved);
  CHECK(decode_state(encode_state(moved)).value() == moved);
  old.start();
  CHECK(old.refused(Dispense{42, 5, {piece()}}).kind == ErrorKind::refused);
}

TEST_CASE("accounts are taken once, from a document that is whole, for this box alone") {
  Scene old;
  Scene next;
  Scene third;
  fill(old);
  old.done<Statement>(SubmitOrder{old.order(HandOver{next.box->state().settings.box}, 1, {1, 2})});
  const Bytes document = document_of(old);
  const BoxState before = next.box->state();
  const auto refuse = [&](Scene& scene, const Bytes& order, const Bytes& with) {
    return scene.refused(TakeAccounts{order, with}).kind;
  };
  CHECK(refuse(third, third.order(take_over(old, document), 1, {1, 2}), document) ==
        ErrorKind::refused);
  CHECK(refuse(next, next.order(take_over(old, document), 1, {1, 3}), document) ==
        ErrorKind::refused);
  CHECK(refuse(next, next.order(take_over(third, document), 1, {1, 2}), document) ==
        ErrorKind::refused);
  CHECK(next.refused(SubmitOrder{next.order(take_over(old, document), 1, {1, 2})}).kind ==
        ErrorKind::refused);
  for (std::size_t i = 0; i < document.size(); i += 7) {
    Bytes changed = document;
    changed[i] ^= 0x08;
    CHECK_FALSE(std::holds_alternative<Statement>(
        next.box->ask(TakeAccounts{next.order(take_over(old, document), 1, {1, 2}), changed})));
    // Not even with an order for the changed one: nobody has the old box's key.
    CHECK_FALSE(std::holds_alternative<Statement>(
        next.box->ask(TakeAccounts{next.order(take_over(old, changed), 1, {1, 2}), changed})));
  }
  CHECK(next.box->state() == before);
  next.done<Statement>(TakeAccounts{next.order(take_over(old, document), 1, {1, 2}), document});
  CHECK(refuse(next, next.order(take_over(old, document), 2, {1, 2}), document) ==
        ErrorKind::refused);
}

}  // namespace backstamp::datacenter::meterbox
