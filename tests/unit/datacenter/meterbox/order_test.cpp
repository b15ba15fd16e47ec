#include "tests/unit/datacenter/meterbox/scene.h"

namespace backstamp::datacenter::meterbox {

TEST_CASE("limits are changed by an officer and another person, never by one alone") {
  Scene scene;
  scene.open(42);
  const Action raise = SetFundLimit{42, {9'000'000}};
  CHECK(scene.refused(SubmitOrder{scene.order(raise, 1, {1})}).kind == ErrorKind::refused);
  CHECK(scene.refused(SubmitOrder{scene.order(raise, 1, {1, 4})}).kind == ErrorKind::refused);
  CHECK(scene.refused(SubmitOrder{scene.order(raise, 1, {3, 4})}).kind == ErrorKind::refused);
  CHECK(scene.refused(SubmitOrder{scene.order(raise, 1, {1, 9})}).kind == ErrorKind::refused);
  CHECK(scene.done(Audit{42}).fund_limit.mills == 1'000'000);
  scene.done<Statement>(SubmitOrder{scene.order(raise, 1, {1, 3})});
  CHECK(scene.done(Audit{42}).fund_limit.mills == 9'000'000);
  scene.done(Fund{42, 3, {8'000'000}});
  scene.start();
  CHECK(scene.done(Audit{42}).fund_limit.mills == 9'000'000);
}

TEST_CASE("one person cannot approve twice, whatever he does to the file") {
  Scene scene;
  const Bytes once = scene.order(SetOpenLimit{{1}}, 1, {1});
  CHECK(approve_order(once, person_key(1)).error().kind == ErrorKind::refused);
  // The same message twice in one file.
  const auto message = postal::SigningKey::generate(postal::SignatureAlgorithm::eddsa);
  Bytes twice{0x82};
  for (int i = 0; i < 2; ++i) twice.insert(twice.end(), once.begin() + 1, once.end());
  CHECK(inspect_order(twice)->approvals.size() == 2);
  CHECK(scene.refused(SubmitOrder{twice}).kind == ErrorKind::refused);
}

TEST_CASE("an order is done once, in its turn, in its time and for its box") {
  Scene scene;
  const Bytes order = scene.order(SetOpenLimit{{5}}, 3, {1, 2});
  const auto done = scene.done<Statement>(SubmitOrder{order});
  CHECK(scene.done<Statement>(SubmitOrder{order}) == done);
  CHECK(scene.refused(SubmitOrder{scene.order(SetOpenLimit{{6}}, 3, {1, 2})}).kind ==
        ErrorKind::refused);
  Order late{scene.box->state().settings.box, 4, utc_now() - std::chrono::seconds(1),
             SetOpenLimit{{7}}};
  auto file = approve_order(*sign_order(late, person_key(1)), person_key(2));
  CHECK(scene.refused(SubmitOrder{*file}).kind == ErrorKind::refused);
  late.expires = utc_now() + std::chrono::hours(1);
  late.box[0] ^= 1;
  file = approve_order(*sign_order(late, person_key(1)), person_key(2));
  CHECK(scene.refused(SubmitOrder{*file}).kind == ErrorKind::refused);
  CHECK(scene.box->state().settings.open_limit.mills == 5);
}

TEST_CASE("persons come and go by two officers, and two officers remain") {
  Scene scene;
  const Person eve{"Eve", Role::officer, person_key(5).public_key()};
  CHECK(scene.refused(SubmitOrder{scene.order(AddPerson{eve}, 1, {1, 3})}).kind ==
        ErrorKind::refused);
  const Action remove_ben = RemovePerson{person_key(2).id()};
  CHECK(scene.refused(SubmitOrder{scene.order(remove_ben, 1, {1, 2})}).kind == ErrorKind::refused);
  scene.done<Statement>(SubmitOrder{scene.order(AddPerson{eve}, 1, {1, 2})});
  scene.done<Statement>(SubmitOrder{scene.order(remove_ben, 2, {1, 5})});
  CHECK(scene.refused(SubmitOrder{scene.order(SetOpenLimit{{5}}, 3, {1, 2})}).kind ==
        ErrorKind::refused);
  scene.start();
  scene.done<Statement>(SubmitOrder{scene.order(SetOpenLimit{{5}}, 3, {1, 5})});
}

TEST_CASE("a new issuer key is a ceremony of two officers") {
  Scene scene;
  const Bytes before = scene.done<BoxKeys>(AskKeys{}).issuer_key;
  CHECK(scene.refused(SubmitOrder{scene.order(RenewIssuerKey{}, 1, {1, 3})}).kind ==
        ErrorKind::refused);
  const auto renewed = scene.done<Statement>(SubmitOrder{scene.order(RenewIssuerKey{}, 1, {1, 2})});
  const Bytes after = scene.done<BoxKeys>(AskKeys{}).issuer_key;
  CHECK(after != before);
  CHECK(renewed.content == after);
  scene.done<Statement>(SignStatement{{1, 2, 3}});
  scene.start();
  CHECK(scene.done<BoxKeys>(AskKeys{}).issuer_key == after);
}

TEST_CASE("a byte of an order changed is an order refused") {
  Scene scene;
  const Bytes order = scene.order(SetOpenLimit{{5}}, 1, {1, 2});
  for (std::size_t i = 0; i < order.size(); ++i) {
    Bytes changed = order;
    changed[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    const auto kind = scene.refused(SubmitOrder{changed}).kind;
    CHECK((kind == ErrorKind::refused || kind == ErrorKind::invalid || kind == ErrorKind::limit));
  }
  CHECK(scene.box->state().settings.last_order == 0);
}

}  // namespace backstamp::datacenter::meterbox
