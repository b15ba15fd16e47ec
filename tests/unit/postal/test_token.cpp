#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/limits.h"
#include "postal/token/code_packing.h"
#include "tests/unit/postal/key_fixtures.h"

using namespace backstamp;
using namespace backstamp::postal;

TEST_CASE("A minted token parses to what went in, whichever the algorithm") {
  std::mt19937_64 random(20);
  const SigningKey keys[]{SigningKey::generate(SignatureAlgorithm::es256).value(), seeded_key(1)};
  for (int i = 0; i < 1'000; ++i) {
    const SigningKey& key = keys[i % 10 == 0 ? 0 : 1];
    const Token token = random_token(random);
    const Bytes content = mint_token(token, key).value();
    REQUIRE(content.size() <= limits::kTokenBytes);
    REQUIRE(looks_like_token(content));
    const auto parsed = parse_token(content);
    REQUIRE(parsed.has_value());
    REQUIRE(same(parsed->token, token));
    REQUIRE(parsed->key == key.id());
    REQUIRE(parsed->algorithm == key.algorithm());
  }
}

TEST_CASE("The largest token of every kind of code fits a 44 by 44 Data Matrix") {
  const SigningKey key = seeded_key(2);
  const std::string pic(25, '9');
  const std::string largest_pic = "95" + pic.substr(2) + gs1_check_digit("95" + pic.substr(2));
  const MailpieceCode codes[]{Imb::parse("94" + std::string(29, '9')).value(),
                              S10{"ZZ", "99999999", "ZZ"},
                              Impb::parse("420999999999\x1D" + largest_pic).value(),
                              MeterSerial{99'999'999, std::chrono::sys_days(day(9999, 12, 31)) +
                                                          std::chrono::seconds(86'399)}};
  for (const MailpieceCode& code : codes) {
    CAPTURE(canonical(code));
    const Token token{
        {0xFFFFFFFF, 0xFFFFFFFF, ~std::uint64_t{0}}, Money{0xFFFFFFFF}, day(2149, 6, 6), 999, code,
        AddressBinding{1, 2, 3, 4, 5, 6, 7, 8}};
    const auto content = mint_token(token, key);
    REQUIRE(content.has_value());
    CHECK(content->size() <= limits::kTokenBytes);
    CHECK(same(parse_token(*content)->token, token));
  }
}

TEST_CASE("Claims out of range are not minted") {
  const SigningKey key = seeded_key(2);
  const auto kind_of = [&](auto change) {
    Token token = example_token();
    change(token);
    const auto minted = mint_token(token, key);
    return minted ? std::string("minted") : std::string(to_string(minted.error().kind));
  };
  CHECK(kind_of([](Token&) {}) == "minted");
  CHECK(kind_of([](Token& token) { token.identity.counter = 0; }) == "limit");
  CHECK(kind_of([](Token& token) { token.postage.mills = -1; }) == "limit");
  CHECK(kind_of([](Token& token) { token.postage.mills = 1ll << 32; }) == "limit");
  CHECK(kind_of([](Token& token) { token.service = 1000; }) == "limit");
  CHECK(kind_of([](Token& token) { token.mailed = day(1969, 12, 31); }) == "limit");
  CHECK(kind_of([](Token& token) { token.mailed = day(2149, 6, 7); }) == "limit");
  CHECK(kind_of([](Token& token) { token.mailed = day(2026, 2, 30); }) == "limit");
  CHECK(kind_of([](Token& token) { token.code = Imb{}; }) == "invalid");
  CHECK(kind_of([](Token& token) { token.code = S10{"RR", "1", "GB"}; }) == "invalid");
  CHECK(kind_of([](Token& token) { token.code = S10{"RR", "1234567x", "GB"}; }) == "invalid");
  CHECK(kind_of([](Token& token) { token.code = Impb{}; }) == "invalid");
  CHECK(kind_of([](Token& token) { token.code = MeterSerial{}; }) == "invalid");
}

TEST_CASE("The worked example of docs/formats/token.md is what we mint and parse") {
  const SigningKey key = seeded_key(0x42);
  const std::string page = page_without_blanks("docs/formats/token.md");
  CHECK(page.find(to_hex(key.public_key())) != page.npos);
  const Bytes content = mint_token(example_token(), key).value();
  CAPTURE(to_hex(content));
  CHECK(page.find("```" + to_hex(content) + "```") != page.npos);
  CHECK(same(parse_token(content)->token, example_token()));
}

TEST_CASE("A token cut at any length, or with a byte more, is refused") {
  const Bytes content = mint_token(example_token(), seeded_key(3)).value();
  for (std::size_t size = 0; size < content.size(); ++size) {
    CHECK_FALSE(parse_token(ByteView(content).first(size)).has_value());
  }
  for (int byte = 0; byte < 256; ++byte) {
    Bytes longer = content;
    longer.push_back(static_cast<std::uint8_t>(byte));
    CHECK_FALSE(parse_token(longer).has_value());
    longer.assign(1, static_cast<std::uint8_t>(byte));
    longer.insert(longer.end(), content.begin(), content.end());
    CHECK_FALSE(parse_token(longer).has_value());
  }
}

TEST_CASE("Every change of one byte that still parses is minted back to the same bytes") {
  // So there is one encoding of each token: strictness, as a property.
  const SigningKey key = seeded_key(4);
  std::mt19937_64 random(21);
  for (int i = 0; i < 10; ++i) {
    const Bytes content = mint_token(random_token(random), key).value();
    for (std::size_t at = 0; at + 66 < content.size(); ++at) {
      for (int difference = 1; difference < 256; ++difference) {
        Bytes changed = content;
        changed[at] = static_cast<std::uint8_t>(changed[at] ^ difference);
        const auto parsed = parse_token(changed);
        if (!parsed || parsed->key != key.id() || parsed->algorithm != key.algorithm()) continue;
        const Bytes again = mint_token(parsed->token, key).value();
        REQUIRE(std::equal(changed.begin(), changed.end() - 64, again.begin(), again.end() - 64));
      }
    }
  }
}

TEST_CASE("Foreign contents do not look like a token") {
  CHECK_FALSE(looks_like_token({}));
  CHECK_FALSE(looks_like_token(as_bytes("JGB A025999L9X9")));
  CHECK_FALSE(looks_like_token(Bytes{0xD2, 0x84}));
}

TEST_CASE("Codes are packed into few bytes and back") {
  std::mt19937_64 random(22);
  for (int i = 0; i < 20'000; ++i) {
    const MailpieceCode code = random_code(random);
    const Bytes packed = pack_code(code).value();
    REQUIRE(packed.size() <= kPackedCodeBytes);
    const auto unpacked = unpack_code(packed);
    REQUIRE(unpacked.has_value());
    REQUIRE(*unpacked == code);
  }
  CHECK(pack_code(Imb::parse("00000000000000000000").value()).value() == Bytes{0});
}

TEST_CASE("Packed codes have one form, and none outside their range") {
  std::mt19937_64 random(23);
  CHECK_FALSE(unpack_code({}).has_value());
  CHECK_FALSE(unpack_code(Bytes{0, 0}).has_value());
  CHECK_FALSE(unpack_code(Bytes(15, 1)).has_value());
  for (std::uint8_t last = 0; last < 4; ++last) {
    Bytes most(14, 0xFF);
    most.back() = static_cast<std::uint8_t>(0xFC | last);
    CHECK_FALSE(unpack_code(most).has_value());
  }
  for (int i = 0; i < 50'000; ++i) {
    Bytes packed(1 + random() % 14);
    for (auto& byte : packed) byte = static_cast<std::uint8_t>(random());
    const auto code = unpack_code(packed);
    if (code) REQUIRE(pack_code(*code).value() == packed);
  }
}
