#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "postal/hsm.h"
#include "postal/signed_message.h"
#include "postal/token/public_key.h"
#include "tests/support/failing_pkcs11.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::postal {
namespace {

using namespace std::chrono_literals;
using test::TemporaryFolder;

HsmConfig soft_token(const TemporaryFolder& folder) {
  auto config = make_soft_token(folder / "hsm", "test");
  INFO((config ? "" : config.error().message));
  REQUIRE(config);
  return *config;
}

Hsm opened(const HsmConfig& config) {
  auto hsm = Hsm::open(config);
  INFO((hsm ? "" : hsm.error().message));
  REQUIRE(hsm);
  return *hsm;
}

bool verifies(const SigningKey& key, ByteView message) {
  const auto signature = key.sign(message);
  INFO((signature ? "" : signature.error().message));
  REQUIRE(signature);
  return PublicKey::parse(key.public_key())->verify(message, *signature);
}

const Bytes kMessage{'m', 'a', 'i', 'l'};

}  // namespace

TEST_CASE("keys made in a token sign, and are found again by their label") {
  const TemporaryFolder folder;
  const HsmConfig config = soft_token(folder);
  for (const auto algorithm : {SignatureAlgorithm::es256, SignatureAlgorithm::eddsa}) {
    const std::string label = algorithm == SignatureAlgorithm::es256 ? "p256" : "ed";
    Bytes public_key;
    {
      const Hsm hsm = opened(config);
      REQUIRE(hsm.supports(algorithm));
      const auto key = hsm.generate(algorithm, label);
      INFO((key ? "" : key.error().message));
      REQUIRE(key);
      CHECK(key->algorithm() == algorithm);
      CHECK(verifies(*key, kMessage));
      CHECK(hsm.generate(algorithm, label).error().kind == ErrorKind::refused);
      public_key = key->public_key();
    }
    const Hsm hsm = opened(config);
    const auto key = hsm.key(label);
    REQUIRE(key);
    CHECK(key->public_key() == public_key);
    CHECK(key->id() == public_key_id(public_key));
    CHECK(verifies(*key, kMessage));
    CHECK(key->save(folder / "copy.key").error().kind == ErrorKind::refused);
    REQUIRE(hsm.destroy(label));
    CHECK(hsm.key(label).error().kind == ErrorKind::not_found);
    CHECK_FALSE(key->sign(kMessage));
  }
}

TEST_CASE("what a token signs is a genuine token, always with a low s") {
  const TemporaryFolder folder;
  const Hsm hsm = opened(soft_token(folder));
  const auto key = hsm.generate(SignatureAlgorithm::es256, "meter");
  REQUIRE(key);
  using std::chrono::year;
  const KeyBundle bundle{
      1, {}, {{key->public_key(), 7, 42, year(2026) / 1 / 1, year(2026) / 12 / 31, {}}}};
  const auto verifier = Verifier::make(bundle);
  REQUIRE(verifier);
  for (std::uint64_t counter = 1; counter <= 40; ++counter) {
    Token token{{7, 42, counter},
                {406},
                year(2026) / 11 / 22,
                270,
                Imb::parse("0027090000010100000168155525920").value(),
                {}};
    const auto minted = mint_token(token, *key);
    REQUIRE(minted);
    CHECK(verifier->verify(parse_token(*minted).value()) == Verdict::genuine);
  }
}

TEST_CASE("a MAC in a token is that of its key, and agrees with itself") {
  const TemporaryFolder folder;
  const Hsm hsm = opened(soft_token(folder));
  const auto key = hsm.generate_mac("address");
  REQUIRE(key);
  const auto mac = key->mac(kMessage);
  REQUIRE(mac);
  CHECK(*mac == hsm.mac_key("address")->mac(kMessage).value());
  CHECK(*mac != key->mac(Bytes{'m', 'a', 'i', 'm'}).value());
  const auto other = hsm.generate_mac("seal");
  REQUIRE(other);
  CHECK(*mac != other->mac(kMessage).value());
  CHECK(hsm.generate_mac("seal").error().kind == ErrorKind::refused);
}

TEST_CASE("a MAC in memory is HMAC-SHA256 (RFC 4231 test case 6)") {
  // Its key of 131 bytes is hashed first, as RFC 2104 says: that is a key of 32 bytes.
  const Sha256 key = sha256(Bytes(131, 0xAA));
  const std::string message = "Test Using Larger Than Block-Size Key - Hash Key First";
  CHECK(to_hex(MacKey::from_bytes(key).mac(as_bytes(message)).value()) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("data in a token is replaced, and is there after opening anew") {
  const TemporaryFolder folder;
  const HsmConfig config = soft_token(folder);
  {
    const Hsm hsm = opened(config);
    CHECK(hsm.get("floor")->empty());
    REQUIRE(hsm.put("floor", Bytes{1}));
    REQUIRE(hsm.put("floor", Bytes{2, 3}));
  }
  const auto found = opened(config).get("floor");
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front() == Bytes{2, 3});
}

TEST_CASE("a token of SoftHSM whose file was cut short by a kill at login is healed") {
  const TemporaryFolder folder;
  const HsmConfig config = soft_token(folder);
  REQUIRE(opened(config).generate(SignatureAlgorithm::es256, "meter"));
  for (const std::uintmax_t size : {0, 1, 100}) {
    for (const auto& token : std::filesystem::directory_iterator(folder / "hsm/tokens")) {
      std::filesystem::resize_file(token.path() / "token.object", size);
    }
    const auto key = opened(config).key("meter");
    REQUIRE(key);
    CHECK(verifies(*key, kMessage));
  }
}

TEST_CASE("a key whose making was cut short can be made again") {
  const TemporaryFolder folder;
  const HsmConfig config = soft_token(folder);
  const auto objects = [&] {
    std::set<std::filesystem::path> files;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder / "hsm/tokens")) {
      if (file.path().extension() == ".object" && file.path().filename() != "token.object") {
        files.insert(file.path());
      }
    }
    return files;
  };
  REQUIRE(opened(config).generate(SignatureAlgorithm::es256, "meter"));
  const auto halves = objects();
  REQUIRE(halves.size() == 2);
  unsigned made_again = 0;
  for (const auto& half : halves) {
    const TemporaryFolder other;
    std::filesystem::copy(half.parent_path(), other / "kept",
                          std::filesystem::copy_options::recursive);
    std::filesystem::remove(half);
    const auto again = opened(config).generate(SignatureAlgorithm::es256, "meter");
    if (again) {  // the public half alone was left
      ++made_again;
      CHECK(verifies(*again, kMessage));
      CHECK(opened(config).key("meter"));
    } else {
      CHECK(again.error().kind == ErrorKind::refused);
    }
    std::filesystem::remove_all(half.parent_path());
    std::filesystem::copy(other / "kept", half.parent_path(),
                          std::filesystem::copy_options::recursive);
  }
  CHECK(made_again == 1);
}

TEST_CASE("a wrong PIN is refused once, a PIN that others can read never tried") {
  const TemporaryFolder folder;
  HsmConfig config = soft_token(folder);
  struct stat status {};
  REQUIRE(::stat(config.pin_file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  config.pin_file = folder / "pin";
  std::ofstream(config.pin_file) << "123456\n";
  REQUIRE(::chmod(config.pin_file.c_str(), 0644) == 0);
  CHECK(Hsm::open(config).error().message.find("others may read") != std::string::npos);
  REQUIRE(::chmod(config.pin_file.c_str(), 0600) == 0);
  CHECK(Hsm::open(config).error().kind == ErrorKind::refused);
  config.token = "nobody";
  CHECK(Hsm::open(config).error().kind == ErrorKind::not_found);
  config.module = folder / "no.so";
  CHECK(Hsm::open(config).error().kind == ErrorKind::not_found);
  CHECK(make_soft_token(folder / "hsm", "again").error().kind == ErrorKind::refused);
}

TEST_CASE("a device that is gone fails every call, and is there again without a restart") {
  const TemporaryFolder folder;
  HsmConfig config = soft_token(folder);
  test::Shim shim(folder / "control", config.module);
  config.module = BACKSTAMP_FAILING_PKCS11;
  const Hsm hsm = opened(config);
  const auto key = hsm.generate(SignatureAlgorithm::es256, "meter");
  const auto mac = hsm.generate_mac("seal");
  REQUIRE(key);
  REQUIRE(mac);
  const auto before = mac->mac(kMessage);
  REQUIRE(before);

  shim.go_away();
  CHECK(key->sign(kMessage).error().kind == ErrorKind::unavailable);
  CHECK(mac->mac(kMessage).error().kind == ErrorKind::unavailable);
  CHECK(hsm.put("floor", Bytes{1}).error().kind == ErrorKind::unavailable);
  CHECK(hsm.get("floor").error().kind == ErrorKind::unavailable);
  CHECK(hsm.generate(SignatureAlgorithm::es256, "new").has_value() == false);

  shim.come_back();
  CHECK(verifies(*key, kMessage));
  CHECK(mac->mac(kMessage).value() == *before);
  REQUIRE(hsm.put("floor", Bytes{1}));
}

TEST_CASE("wherever in an operation the device goes, the next one after its return succeeds") {
  const TemporaryFolder folder;
  HsmConfig config = soft_token(folder);
  test::Shim shim(folder / "control", config.module);
  config.module = BACKSTAMP_FAILING_PKCS11;
  const Hsm hsm = opened(config);
  const auto key = hsm.generate(SignatureAlgorithm::es256, "meter");
  REQUIRE(key);
  for (int calls = 1; calls <= 12; ++calls) {
    INFO("gone after " << calls << " calls");
    shim.go_away_after(calls);
    bool failed = false;
    for (int tries = 0; tries < 20 && !failed; ++tries) {
      const auto signature = key->sign(kMessage);
      failed = !signature;
      if (failed) CHECK(signature.error().kind == ErrorKind::unavailable);
    }
    CHECK(failed);
    shim.come_back();
    CHECK(verifies(*key, kMessage));
  }
}

TEST_CASE("many threads sign at once, also across the loss of the device") {
  const TemporaryFolder folder;
  HsmConfig config = soft_token(folder);
  test::Shim shim(folder / "control", config.module);
  config.module = BACKSTAMP_FAILING_PKCS11;
  const Hsm hsm = opened(config);
  const auto key = hsm.generate(SignatureAlgorithm::es256, "meter");
  REQUIRE(key);
  const auto verifier = PublicKey::parse(key->public_key());
  std::atomic<int> good{0}, gone{0}, bad{0};
  const auto work = [&] {
    for (int i = 0; i < 150; ++i) {
      const auto signature = key->sign(kMessage);
      if (!signature) {
        ++(signature.error().kind == ErrorKind::unavailable ? gone : bad);
        std::this_thread::sleep_for(2ms);
      } else {
        ++(verifier->verify(kMessage, *signature) ? good : bad);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(20ms);
    shim.go_away();
    std::this_thread::sleep_for(10ms);
    shim.come_back();
  }
  for (auto& thread : threads) thread.join();
  CHECK(bad == 0);
  CHECK(good > 0);
  CHECK(good + gone == 600);
  CHECK(verifies(*key, kMessage));
}

TEST_CASE("a signed message opens with its key alone, and not with a byte changed") {
  const auto key = SigningKey::generate(SignatureAlgorithm::es256);
  const auto other = SigningKey::generate(SignatureAlgorithm::es256);
  REQUIRE(key);
  REQUIRE(other);
  const auto message = sign_message(kMessage, *key);
  REQUIRE(message);
  CHECK(open_message(*message, key->public_key()) == kMessage);
  CHECK(open_message(*message, other->public_key()).error().kind == ErrorKind::refused);
  CHECK(parse_signed_message(*message)->key == key->id());
  for (std::size_t i = 0; i < message->size(); ++i) {
    Bytes changed = *message;
    changed[i] ^= 0x10;
    CHECK_FALSE(open_message(changed, key->public_key()));
  }
}

}  // namespace backstamp::postal
