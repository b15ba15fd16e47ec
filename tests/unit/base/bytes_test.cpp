#include "base/bytes.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "base/crc32c.h"
#include "base/sha256.h"

using namespace backstamp;

namespace {

Bytes random_bytes(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

}  // namespace

TEST_CASE("base64 gives the vectors of RFC 4648 section 10") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    CHECK(to_base64(as_bytes(plain)) == text);
    const auto back = from_base64(text);
    REQUIRE(back.has_value());
    CHECK(as_text(*back) == plain);
  }
}

TEST_CASE("only exact base64 is read") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9v", "Zm9v\n",
                           "=g==", "Z===", "====", "Zg=a", "Zm-_", "Zm9v="}) {
    INFO(text);
    CHECK_FALSE(from_base64(text).has_value());
  }
}

TEST_CASE("what is encoded is decoded again") {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    const Bytes bytes = random_bytes(random, size);
    CHECK(from_base64(to_base64(bytes)) == bytes);
    CHECK(from_hex(to_hex(bytes)) == bytes);
  }
}

TEST_CASE("text that base64 reads is the text that it writes") {
  std::mt19937 random(2);
  constexpr std::string_view kLetters = "AZaz09+/=g";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) text += kLetters[random() % kLetters.size()];
    if (const auto bytes = from_base64(text)) CHECK(to_base64(*bytes) == text);
  }
}

TEST_CASE("hexadecimal is read in either case and refused when odd or foreign") {
  CHECK(to_hex(Bytes{0x00, 0x1f, 0xff}) == "001fff");
  CHECK(from_hex("00aAfF") == Bytes{0x00, 0xaa, 0xff});
  for (const char* text : {"0", "0g", "g0", " 0", "0x", "000"}) {
    CHECK_FALSE(from_hex(text).has_value());
  }
}

TEST_CASE("bytes that are not UTF-8 are taken as Latin-1") {
  for (const std::string_view text : {"", "plain", "é€😀", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
    CHECK(to_utf8(as_bytes(text)) == text);
  }
  CHECK(to_utf8(Bytes{'a', 0xe9}) == "aé");
  // Overlong forms, surrogates, beyond the last code point, cut sequences (RFC 3629).
  for (const std::string_view text :
       {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
        "\xe2\x82", "\x80", "\xc3"}) {
    CHECK(to_utf8(as_bytes(text)) != text);
  }
  std::mt19937 random(3);
  for (int round = 0; round < 5'000; ++round) {
    const std::string once = to_utf8(random_bytes(random, random() % 8));
    CHECK(to_utf8(as_bytes(once)) == once);
  }
}

TEST_CASE("CRC-32C gives its check value and those of RFC 3720 appendix B.4") {
  CHECK(crc32c(as_bytes("123456789")) == 0xE3069283);
  CHECK(crc32c(Bytes(32, 0x00)) == 0x8A9136AA);
  CHECK(crc32c(Bytes(32, 0xff)) == 0x62A8AB43);
  Bytes ascending(32);
  for (std::size_t i = 0; i < 32; ++i) ascending[i] = static_cast<std::uint8_t>(i);
  CHECK(crc32c(ascending) == 0x46DD794E);
  CHECK(crc32c({}) == 0);
}

TEST_CASE("CRC-32C goes on from any cut and sees every changed bit") {
  std::mt19937 random(4);
  const Bytes bytes = random_bytes(random, 67);
  const std::uint32_t whole = crc32c(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const ByteView view(bytes);
    CHECK(crc32c(view.subspan(cut), crc32c(view.first(cut))) == whole);
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
    CHECK(crc32c(changed) != whole);
  }
}

TEST_CASE("SHA-256 gives the vectors of FIPS 180-4's examples") {
  CHECK(to_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256(as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
