#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/limits.h"
#include "postal/cbor.h"
#include "postal/token/cose.h"
#include "tests/unit/postal/key_fixtures.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

std::vector<BundleKey> example_keys() {
  BundleKey revoked = bundle_key(seeded_key(0x43), {7, 43, 1});
  revoked.revoked_from = day(2026, 6, 1);
  return {bundle_key(seeded_key(0x42)), revoked};
}

void check_shown(const std::string& page, const Bytes& bytes) {
  CAPTURE(to_hex(bytes));
  CHECK(page.find("```" + to_hex(bytes) + "```") != page.npos);
}

// Opens a list whose payload is given in hexadecimal, rightly signed.
Result<KeyList> open_payload(const std::string& hex, const Authority& authority) {
  return open_key_list(make_sign1(from_hex(hex).value(), authority.issuer).value(),
                       authority.statement);
}

Verdict verdict_of(const SignedBundle& bundle, const SigningKey& key, Date mailed) {
  Token token = example_token();
  token.mailed = mailed;
  return Verifier::make(bundle.believed())
      .value()
      .verify(parse_token(mint_token(token, key).value()).value());
}

}  // namespace

TEST_CASE("A bundle opens to what its signers put in, in the order of the keys") {
  std::mt19937_64 random(30);
  for (const auto algorithm : {SignatureAlgorithm::es256, SignatureAlgorithm::eddsa}) {
    Authority authority;
    authority.root = SigningKey::generate(algorithm).value();
    authority.issuer = SigningKey::generate(algorithm).value();
    authority.statement.issuers[0].public_key = authority.issuer.public_key();
    std::vector<BundleKey> keys;
    for (std::uint8_t i = 0; i < 100; ++i) {
      BundleKey key = bundle_key(seeded_key(i), {7, random() % 2 == 0 ? i : 70'000u + i, 1});
      if (random() % 3 == 0) key.revoked_from = day(2026, 3, 1 + i % 28);
      keys.push_back(key);
    }
    keys.push_back(bundle_key(SigningKey::generate(SignatureAlgorithm::es256).value()));
    const auto opened = authority.open(authority.bundle(keys, 99).file());
    REQUIRE(opened.has_value());
    CHECK(opened->sequence() == 100);  // of the statement and of the list together
    CHECK(opened->issued_at() == example_time(99));
    CHECK(opened->root == authority.root.id());
    const KeyBundle believed = opened->believed();
    REQUIRE(believed.keys.size() == keys.size());
    CHECK(std::is_sorted(believed.keys.begin(), believed.keys.end(), [](auto& a, auto& b) {
      return as_text(a.public_key) < as_text(b.public_key);
    }));
    for (const BundleKey& key : keys) {
      const auto found =
          std::find_if(believed.keys.begin(), believed.keys.end(),
                       [&](const auto& k) { return k.public_key == key.public_key; });
      REQUIRE(found != believed.keys.end());
      CHECK(found->issuer == key.issuer);
      CHECK(found->meter == key.meter);
      CHECK(found->valid_from == key.valid_from);
      CHECK(found->valid_until == key.valid_until);
      CHECK(found->revoked_from == key.revoked_from);
    }
  }
}

TEST_CASE("The worked examples of docs/formats/key-bundle.md are what we sign") {
  const Authority authority;
  const std::string page = page_without_blanks("docs/formats/key-bundle.md");
  const SignedBundle held = authority.bundle({example_keys()[0]}, 11);
  const SignedBundle bundle = authority.bundle(example_keys(), 12);
  check_shown(page, bundle.file());
  check_shown(page, make_delta(held, bundle).value());
  check_shown(page, sign_time({example_time(60), 13}, authority.clock).value());
}

TEST_CASE("No change of one byte of a bundle opens, nor does a part of it") {
  const Authority authority;
  const Bytes file = authority.bundle(example_keys(), 12).file();
  REQUIRE(authority.open(file).has_value());
  for (std::size_t at = 0; at < file.size(); ++at) {
    REQUIRE_FALSE(authority.open(ByteView(file).first(at)).has_value());
    for (int bit = 0; bit < 8; ++bit) {
      Bytes changed = file;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ (1 << bit));
      REQUIRE_FALSE(authority.open(changed).has_value());
    }
  }
  Bytes longer = file;
  longer.push_back(0);
  CHECK_FALSE(authority.open(longer).has_value());
}

TEST_CASE("Nobody but the root names issuers, nobody but a named issuer lists keys") {
  const Authority authority;
  const Bytes file = authority.bundle(example_keys()).file();
  const auto other_root = open_bundle(file, seeded_key(0x53).public_key());
  REQUIRE_FALSE(other_root.has_value());
  CHECK(other_root.error().kind == ErrorKind::refused);
  CHECK_FALSE(open_bundle(file, {}).has_value());

  const auto open_list = [&](const KeyList& list, const SigningKey& signer) {
    return open_key_list(sign_key_list(list, signer).value(), authority.statement);
  };
  const KeyList list = authority.list(example_keys());
  CHECK(open_list(list, authority.issuer).has_value());
  CHECK(open_list(list, authority.root).error().kind == ErrorKind::refused);
  CHECK(open_list(list, seeded_key(0x42)).error().kind == ErrorKind::refused);  // a meter
  KeyList foreign = list;
  foreign.issuer = 8;
  for (BundleKey& key : foreign.keys) key.issuer = 8;
  CHECK(open_list(foreign, authority.issuer).error().kind == ErrorKind::refused);
  CHECK_FALSE(sign_key_list(KeyList{8, 1, {}, {}, example_keys()}, authority.issuer).has_value());
}

TEST_CASE("An issuer's key lists keys within its own validity, and not after its revocation") {
  Authority authority;
  KeyList list = authority.list(example_keys(), 5);
  const auto opens = [&] {
    return open_key_list(authority.sign(list), authority.statement).has_value();
  };
  CHECK(opens());
  list.issued_at = std::chrono::sys_days(day(2025, 12, 31));
  CHECK_FALSE(opens());
  list.issued_at = std::chrono::sys_days(day(2027, 1, 1));
  CHECK_FALSE(opens());
  list.issued_at = std::chrono::sys_days(day(2026, 12, 31)) + std::chrono::hours(23);
  CHECK(opens());
  authority.statement.issuers[0].revoked = IssuerRevocation{day(2026, 11, 1), 5};
  CHECK(opens());
  list.sequence = 6;  // what a thief signs, dated back
  list.issued_at = std::chrono::sys_days(day(2026, 10, 1));
  CHECK_FALSE(opens());
}

TEST_CASE("Revoking an issuer's key revokes its meters from that day; a new key restores them") {
  Authority authority;
  const SigningKey meter = seeded_key(0x42);
  CHECK(verdict_of(authority.bundle(example_keys()), meter, day(2026, 11, 22)) == Verdict::genuine);
  authority.statement.sequence = 2;
  authority.statement.issuers[0].revoked = IssuerRevocation{day(2026, 11, 1), 1};
  const SignedBundle revoked = authority.bundle(example_keys());
  CHECK(verdict_of(revoked, meter, day(2026, 11, 22)) == Verdict::revoked);
  CHECK(verdict_of(revoked, meter, day(2026, 10, 31)) == Verdict::genuine);

  const SigningKey next = seeded_key(0x4A);
  authority.statement.issuers.push_back(
      {next.public_key(), 7, day(2026, 11, 1), day(2027, 12, 31), {}});
  authority.statement.sequence = 3;
  const Bytes lists[] = {sign_key_list(authority.list(example_keys(), 2), next).value()};
  const auto restored = make_bundle(authority.issuers(), lists, authority.root.public_key());
  REQUIRE(restored.has_value());
  CHECK(verdict_of(*restored, meter, day(2026, 11, 22)) == Verdict::genuine);
  CHECK(is_newer(revoked, *restored).value());
}

TEST_CASE("Whatever is older, other or less than what is held is refused") {
  Authority authority;
  const SignedBundle held = authority.bundle(example_keys(), 5);
  CHECK_FALSE(is_newer(held, held).value());
  CHECK(is_newer(held, authority.bundle(example_keys(), 6)).value());
  const auto refused = [&](const SignedBundle& offered) {
    const auto newer = is_newer(held, offered);
    return !newer && newer.error().kind == ErrorKind::refused;
  };
  CHECK(refused(authority.bundle(example_keys(), 4)));
  CHECK(refused(authority.bundle({}, 5)));  // the same number, another content
  CHECK(refused(make_bundle(authority.issuers(), {}, authority.root.public_key()).value()));
  KeyList dated_back = authority.list({}, 6);
  dated_back.issued_at = example_time(-10);
  const Bytes lists[] = {authority.sign(dated_back)};
  CHECK(refused(make_bundle(authority.issuers(), lists, authority.root.public_key()).value()));
  Authority other;
  other.root = seeded_key(0x53);
  CHECK(refused(other.bundle(example_keys(), 6)));

  authority.statement.sequence = 2;  // newer issuers outweigh nothing that is older
  CHECK(refused(authority.bundle(example_keys(), 4)));
  CHECK(is_newer(held, authority.bundle(example_keys(), 5)).value());
}

TEST_CASE("A token is not a statement, whoever signed it, nor one statement another") {
  const Authority authority;
  const Bytes token = mint_token(example_token(), authority.root).value();
  CHECK_FALSE(open_issuers(token, authority.root.public_key()).has_value());
  CHECK_FALSE(parse_token(authority.issuers()).has_value());
  CHECK_FALSE(parse_token(authority.sign(authority.list({}))).has_value());
  const Bytes list = sign_key_list(authority.list({}), authority.root).value();
  CHECK_FALSE(open_issuers(list, authority.root.public_key()).has_value());
  CHECK_FALSE(open_key_list(sign_issuers(authority.statement, authority.issuer).value(),
                            authority.statement)
                  .has_value());
  CHECK_FALSE(authority.open(token).has_value());
  CHECK_FALSE(authority.open(authority.issuers()).has_value());
}

TEST_CASE("Two issuers may not name the same key") {
  Authority authority;
  const SigningKey other = seeded_key(0x4B);
  authority.statement.issuers.push_back(
      {other.public_key(), 8, day(2026, 1, 1), day(2026, 12, 31), {}});
  KeyList theirs{8, 1, example_time(), {}, {bundle_key(seeded_key(0x42), {8, 1, 1})}};
  const Bytes lists[] = {authority.sign(authority.list(example_keys())),
                         sign_key_list(theirs, other).value()};
  CHECK_FALSE(make_bundle(authority.issuers(), lists, authority.root.public_key()).has_value());
  theirs.keys = {bundle_key(seeded_key(0x44), {8, 1, 1})};
  const Bytes good[] = {sign_key_list(theirs, other).value(), lists[0]};
  const auto bundle = make_bundle(authority.issuers(), good, authority.root.public_key());
  REQUIRE(bundle.has_value());
  CHECK(bundle->lists[0].list.issuer == 7);
  CHECK(authority.open(bundle->file()).has_value());
}

TEST_CASE("A rightly signed payload must still be exactly a list") {
  const Authority authority;
  const std::string key = "582c" + to_hex(seeded_key(1).public_key());
  const std::string other = "582c" + to_hex(seeded_key(2).public_key());
  const std::string dates = "194fd6195142";
  const std::string entry = "84" + key + "182a" + dates;
  const std::string later = "84" + other + "182a" + dates;
  const bool in_order = key < other;
  const std::string issued = "1b0006608b015f3000";
  const std::string head = "8702020701" + issued + "80";
  CHECK(open_payload(head + "80", authority).has_value());
  CHECK(open_payload(head + "81" + entry, authority).has_value());
  CHECK(open_payload(head + "82" + (in_order ? entry + later : later + entry), authority)
            .has_value());
  for (const std::string& payload :
       {std::string(),
        std::string("80"),
        head,
        head + "81",
        head + "81" + entry + "00",
        head + "82" + entry,
        head + "82" + entry + entry,
        head + "82" + (in_order ? later + entry : entry + later),
        head + "9a000f4241",                              // over a million
        head + "9affffffff",                              // a count that lies
        "8702020700" + issued + "8080",                   // sequence 0
        "870202071b0020000000000000" + issued + "8080",   // over 2^53 - 1
        "870202071801" + issued + "8080",                 // not the shortest form
        "8701020701" + issued + "8080",                   // another version
        "8702020701" + issued + "81" + "4100" + "80",     // a time key that is none
        "8702020701" + issued + "82" + key + key + "80",  // one that is there twice
        head + "8184" + key + "182a195142194fd6",         // ends before it begins
        head + "8184" + key + "182a194fd61a00010000",     // past 2149
        head + "8185" + key + "182a" + dates,             // no day of revocation
        head + "8184" + "4100" + "182a" + dates}) {       // no key
    CAPTURE(payload);
    CHECK_FALSE(open_payload(payload, authority).has_value());
  }
}

TEST_CASE("Lists and statements that cannot be meant are not signed") {
  const Authority authority;
  const BundleKey good = bundle_key(seeded_key(1));
  const auto signs = [&](std::vector<BundleKey> keys) {
    return sign_key_list(authority.list(std::move(keys)), authority.issuer).has_value();
  };
  CHECK(signs({good}));
  CHECK_FALSE(signs({good, good}));
  BundleKey bad = good;
  bad.public_key.clear();
  CHECK_FALSE(signs({bad}));
  bad = good;
  std::swap(bad.valid_from, bad.valid_until);
  CHECK_FALSE(signs({bad}));
  bad = good;
  bad.valid_until = day(2150, 1, 1);
  CHECK_FALSE(signs({bad}));
  CHECK_FALSE(sign_key_list(authority.list({good}, 0), authority.issuer).has_value());
  CHECK_FALSE(
      sign_key_list(authority.list({good}, kLargestSequence + 1), authority.issuer).has_value());
  IssuerStatement twice = authority.statement;
  twice.issuers.push_back(twice.issuers[0]);
  CHECK_FALSE(sign_issuers(twice, authority.root).has_value());
  CHECK(authority.open(Bytes(limits::kKeyBundleBytes + 1)).error().kind == ErrorKind::limit);
}

TEST_CASE("The data center's time is believed from the keys that an issuer names for it alone") {
  const Authority authority;
  const SignedBundle bundle = authority.bundle(example_keys());
  const TimeStatement now{example_time(100), 13};
  const Bytes statement = sign_time(now, authority.clock).value();
  CHECK(open_time(statement, bundle).value() == now);
  CHECK_FALSE(open_time(sign_time(now, authority.issuer).value(), bundle).has_value());
  CHECK_FALSE(open_time(sign_time(now, seeded_key(0x42)).value(), bundle).has_value());
  for (std::size_t at = 0; at < statement.size(); ++at) {
    REQUIRE_FALSE(open_time(ByteView(statement).first(at), bundle).has_value());
    for (int bit = 0; bit < 8; ++bit) {
      Bytes changed = statement;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ (1 << bit));
      REQUIRE_FALSE(open_time(changed, bundle).has_value());
    }
  }
}
