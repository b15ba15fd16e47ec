#include "meter/vault.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

#include "meter/storage/store.h"
#include "tests/unit/meter/vault_fixture.h"

using namespace backstamp;
using namespace backstamp::meter;
using test::identity_for_tests;
using test::in_balance;
using test::request_for_tests;
using test::VaultFolder;

namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777u;
}

NewMeter new_meter(const MeterIdentity& identity, std::int64_t mills = 0,
                   postal::SignatureAlgorithm algorithm = postal::SignatureAlgorithm::eddsa) {
  NewMeter meter;
  meter.identity = identity;
  meter.algorithm = algorithm;
  meter.funds = postal::Money{mills};
  return meter;
}

}  // namespace

TEST_CASE("A printed piece carries a genuine token and a code with the counter as its serial") {
  for (const auto algorithm :
       {postal::SignatureAlgorithm::eddsa, postal::SignatureAlgorithm::es256}) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "vault";
    REQUIRE(Vault::create(path, new_meter({1, 7, "987654321"}, 1000, algorithm)));
    auto vault = Vault::open(path);
    REQUIRE(vault);
    const auto pieces = vault->print(std::vector(2, request_for_tests()));
    REQUIRE(pieces);
    REQUIRE(pieces->size() == 2);
    const PrintedPiece& piece = (*pieces)[1];
    CHECK(piece.record.code == "imb:0027098765432100000212345678901");
    CHECK(piece.token.size() <= 142);
    const auto token = postal::parse_token(piece.token);
    REQUIRE(token);
    CHECK(token->token.identity == postal::TokenIdentity{1, 7, 2});
    CHECK(token->token.postage.mills == 406);
    CHECK(token->token.service == 270);
    CHECK(postal::canonical(token->token.code) == piece.record.code);
    const Date day(std::chrono::year(2026) / 11 / 22);
    const postal::KeyBundle bundle{1, {}, {{vault->public_key(), 1, 7, day, day, {}}}};
    const auto verifier = postal::Verifier::make(bundle);
    REQUIRE(verifier);
    CHECK(verifier->verify(*token) == postal::Verdict::genuine);
  }
}

TEST_CASE("Registers move with every piece, balance, and are there after opening anew") {
  const VaultFolder folder(1000);
  {
    auto vault = folder.open();
    CHECK(vault.identity() == identity_for_tests());
    REQUIRE(vault.print(std::vector{request_for_tests(400)}));
    REQUIRE(vault.fund(postal::Money{50}));
    REQUIRE(vault.print(std::vector{request_for_tests(600), request_for_tests(0)}));
    CHECK(in_balance(vault.registers()));
  }
  const auto vault = folder.open();
  CHECK(vault.registers().ascending.mills == 1000);
  CHECK(vault.registers().descending.mills == 50);
  CHECK(vault.registers().funded.mills == 1050);
  CHECK(vault.registers().counter == 3);
  CHECK(vault.pending().size() == 3);
}

TEST_CASE("Funds that do not cover all the pieces pay for none of them") {
  const VaultFolder folder(1000);
  auto vault = folder.open();
  const auto refused = vault.print(std::vector(3, request_for_tests(400)));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().message.find("1.000") != std::string::npos);
  CHECK(refused.error().message.find("1.200") != std::string::npos);
  CHECK(vault.registers().counter == 0);
  CHECK(vault.print(std::vector(2, request_for_tests(400))).has_value());
}

TEST_CASE("A request that makes no sense costs nothing") {
  const VaultFolder folder;
  auto vault = folder.open();
  std::vector<PieceRequest> wrong(4, request_for_tests());
  wrong[0].routing = "123";
  wrong[1].routing = "1234a";
  wrong[2].service = 1000;
  wrong[3].postage.mills = -1;
  for (const PieceRequest& request : wrong) {
    CHECK_FALSE(vault.print(std::vector{request_for_tests(), request}));
  }
  const auto overflow = vault.print(std::vector(2, request_for_tests(INT64_MAX)));
  CHECK(overflow.error().kind == ErrorKind::limit);
  CHECK(vault.print(std::vector(kPiecesPerPrint + 1, request_for_tests())).error().kind ==
        ErrorKind::limit);
  CHECK(vault.registers().counter == 0);
  CHECK(vault.print({})->empty());
}

TEST_CASE("Two commands cannot have one vault at the same time") {
  const VaultFolder folder;
  const auto vault = folder.open();
  const auto second = Vault::open(folder.path);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::refused);
}

TEST_CASE("Private files are for their owner alone, and a key that others can read is refused") {
  const VaultFolder folder;
  CHECK(mode_of(folder.path) == 0700);
  for (const char* name : {"key.pem", "journal.1", "registers"}) {
    CHECK(mode_of(folder.path / name) == 0600);
  }
  REQUIRE(::chmod((folder.path / "key.pem").c_str(), 0644) == 0);
  const auto vault = Vault::open(folder.path);
  REQUIRE_FALSE(vault);
  CHECK(vault.error().kind == ErrorKind::refused);
}

TEST_CASE("A vault is made whole or not at all, and never over something else") {
  const VaultFolder folder;
  const auto again = Vault::create(folder.path, new_meter(identity_for_tests()));
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::refused);
  const auto other = folder.folder.path() / "other";
  for (const char* mailer : {"", "12345", "912345", "123456789", "12345a", "9123456789"}) {
    CHECK(Vault::create(other, new_meter({1, 7, mailer})).error().kind == ErrorKind::invalid);
  }
  CHECK(Vault::create(other, new_meter(identity_for_tests(), -1)).error().kind == ErrorKind::limit);
  CHECK_FALSE(std::filesystem::exists(other));
  const auto absent = Vault::open(other);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == ErrorKind::not_found);
  CHECK(absent.error().message.find("backstamp-meter init") != std::string::npos);
}

TEST_CASE("When the serial numbers of a mailer id are used up, nothing is printed") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "vault";
  const MeterIdentity identity{1, 7, "912345678"};
  REQUIRE(Vault::create(path, new_meter(identity)));
  VaultState old;
  old.identity = identity;
  old.registers.counter = 999'998;
  old.registers.registered_through = 999'998;
  REQUIRE(Store::create(path, old));
  auto vault = Vault::open(path);
  REQUIRE(vault);
  const auto last = vault->print(std::vector{request_for_tests(0)});
  REQUIRE(last);
  CHECK(std::get<postal::Imb>((*last)[0].code).serial_number == "999999");
  const auto spent = vault->print(std::vector{request_for_tests(0)});
  REQUIRE_FALSE(spent);
  CHECK(spent.error().kind == ErrorKind::limit);
}

TEST_CASE("Registered pieces are those that were pending, in order") {
  const VaultFolder folder;
  auto vault = folder.open();
  REQUIRE(vault.print(std::vector(5, request_for_tests())));
  CHECK_FALSE(vault.mark_registered(0));
  CHECK_FALSE(vault.mark_registered(6));
  REQUIRE(vault.mark_registered(2));
  CHECK_FALSE(vault.mark_registered(2));
  REQUIRE(vault.pending().size() == 3);
  CHECK(vault.pending().front().counter == 3);
  REQUIRE(vault.mark_registered(5));
  CHECK(vault.pending().empty());
}
