// Verifying takes no memory in our own code, and little in the library's. A program of its own: it
// counts every request for memory.
#include <atomic>
#include <catch2/catch_test_macros.hpp>

#include "tests/support/counted_new.h"
#include "tests/unit/postal/key_fixtures.h"

namespace {

std::atomic<std::uint64_t> all = 0;  // by malloc, which operator new takes its memory from

}  // namespace

#if BACKSTAMP_COUNTS
extern "C" {
void* __libc_malloc(std::size_t size);
void* malloc(std::size_t size) {
  all.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
}
#endif

namespace backstamp::postal {
namespace {

struct Counted {
  std::uint64_t ours = 0;
  std::uint64_t library = 0;
  std::uint64_t wrong = 0;
};

/// Verifies each token `times` times from its bytes, counting.
Counted count(const Verifier& verifier, const std::vector<Bytes>& tokens, Verdict expected,
              int times) {
  Counted counted;
  const std::uint64_t ours_before = test::new_requests;
  const std::uint64_t all_before = all;
  for (int i = 0; i < times; ++i) {
    for (const Bytes& bytes : tokens) {
      const auto token = parse_token(bytes);
      if (!token || verifier.verify(*token) != expected) ++counted.wrong;
    }
  }
  counted.ours = test::new_requests - ours_before;
  counted.library = all - all_before - counted.ours;
  return counted;
}

/// What the library takes for one verification: a context of the key, and of ES256 numbers.
constexpr std::uint64_t kMostByLibrary = 80;

void check_no_memory(SignatureAlgorithm algorithm) {
  const SigningKey key = SigningKey::generate(algorithm).value();
  const SigningKey stranger = SigningKey::generate(algorithm).value();
  BundleKey known = bundle_key(key, {7, 42, 1});
  const Verifier verifier = Verifier::make(bundle_of({known})).value();
  const std::string pic = "926129999981234567890";
  const MailpieceCode codes[] = {
      Imb::parse("0027090000000000100101234567891").value(), S10::parse("RR473124829GB").value(),
      Impb::parse("420902101234\x1D" + pic + gs1_check_digit(pic)).value(),
      MeterSerial{42, std::chrono::sys_days(day(2026, 11, 22))}};
  std::vector<Bytes> genuine;
  std::vector<Bytes> forged;
  std::vector<Bytes> unknown;
  for (const MailpieceCode& code : codes) {
    Token token = example_token();
    token.code = code;
    token.address = AddressBinding{1, 2, 3, 4, 5, 6, 7, 8};
    genuine.push_back(mint_token(token, key).value());
    forged.push_back(genuine.back());
    forged.back().back() ^= 1;
    unknown.push_back(mint_token(token, stranger).value());
  }
  count(verifier, genuine, Verdict::genuine, 3);  // what is made once
  const std::uint64_t times = 50;
  const std::uint64_t verified = times * genuine.size();
  const auto check = [&](const std::vector<Bytes>& tokens, Verdict verdict) {
    const Counted counted = count(verifier, tokens, verdict, static_cast<int>(times));
    INFO(to_string(verdict) << ": " << counted.library / verified
                            << " requests of the library for each");
    CHECK(counted.wrong == 0);
    CHECK(counted.ours == 0);
    CHECK(counted.library <= kMostByLibrary * verified);
  };
  check(genuine, Verdict::genuine);
  check(forged, Verdict::forged);
  check(unknown, Verdict::unknown_key);
}

TEST_CASE("Verification from bytes to verdict takes no memory of ours, and little of the library") {
  if (BACKSTAMP_COUNTS == 0) SKIP("a sanitizer has malloc for itself");
  const std::uint64_t before = test::new_requests;
  ::operator delete(::operator new(1));
  const std::uint64_t after = test::new_requests;
  REQUIRE(after > before);  // it does count
  check_no_memory(SignatureAlgorithm::es256);
  check_no_memory(SignatureAlgorithm::eddsa);
}

}  // namespace
}  // namespace backstamp::postal
