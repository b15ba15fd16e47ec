// backstamp-keys from outside: a ceremony, keys of meters, bundles, and what inspect says of them.
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include "tests/unit/postal/key_fixtures.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

struct Run {
  int status = -1;
  std::string out;  ///< standard output and error
};

Run keys(const TemporaryFolder& folder, const std::string& arguments) {
  const std::string command = "cd '" + (folder / "").string() +
                              "' && '" BACKSTAMP_BIN_DIR "/backstamp-keys' " + arguments + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Run run;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) {
    run.out.append(buffer, size);
  }
  run.status = WEXITSTATUS(::pclose(pipe));
  return run;
}

void write(const std::filesystem::path& path, const std::string& text) {
  REQUIRE(write_file_durably(path, as_bytes(text)).has_value());
}

bool holds(const Run& run, const std::string& text) {
  return run.out.find(text) != run.out.npos;
}

const std::string kList =
    "keys:\n"
    "  - public_key: meter.pub\n"
    "    meter: 42\n"
    "    valid_from: 2026-01-01\n"
    "    valid_until: 2026-12-31\n";

}  // namespace

TEST_CASE("From a ceremony and a meter's key to a bundle by which its tokens are genuine") {
  const TemporaryFolder folder;
  for (const std::string algorithm : {"eddsa", "es256"}) {
    const std::string ring = "ring-" + algorithm;
    const std::string root = " --root " + ring + "/root.pub";
    REQUIRE(keys(folder, "ceremony " + ring + " --issuer 7 --issuer 8 --algorithm " + algorithm)
                .status == 0);
    CHECK(keys(folder, "ceremony " + ring + " --issuer 7").status == 1);  // there is one
    REQUIRE(keys(folder, "token-key --out meter --algorithm " + algorithm).status == 0);
    write(folder / "keys.yaml", kList);
    REQUIRE(keys(folder, "issue " + ring + " --issuer 7 --list keys.yaml").status == 0);
    const Run listing = keys(folder, "inspect --json " + ring + "/keys.bundle" + root);
    CHECK(listing.status == 0);
    // 1 of the statement, 2 of the list of issuer 7, 1 of that of issuer 8.
    CHECK(holds(listing, "\"sequence\":4,"));
    CHECK(holds(listing, "\"algorithm\":\"" + algorithm + "\",\"issuer\":7,\"meter\":42"));

    const SigningKey key = SigningKey::load(folder / "meter.key").value();
    const Bytes token = mint_token(example_token(), key).value();
    REQUIRE(write_file_durably(folder / "token", token).has_value());
    const auto verdict = [&] {
      return keys(folder, "inspect token --json --bundle " + ring + "/keys.bundle" + root);
    };
    CHECK(holds(verdict(), "\"counter\":1001"));
    CHECK(holds(verdict(), "\"verdict\":\"genuine\""));
    const std::string revoking = "revoke " + ring + " --issuer 7 --meter 42 --from ";
    REQUIRE(keys(folder, revoking + "2026-12-01").status == 0);
    CHECK(holds(verdict(), "\"verdict\":\"genuine\""));
    CHECK(keys(folder, revoking + "2026-12-02").status == 1);  // never put off
    REQUIRE(keys(folder, revoking + "2026-11-22").status == 0);
    CHECK(holds(verdict(), "\"verdict\":\"revoked\""));
    REQUIRE(keys(folder, "issue " + ring + " --issuer 7 --list keys.yaml").status == 0);
    CHECK(holds(verdict(), "\"verdict\":\"revoked\""));  // nor taken back
    std::filesystem::remove(folder / "meter.key");
    std::filesystem::remove(folder / "meter.pub");
  }
}

TEST_CASE("A meter's new key takes the place of its old one, and an issuer's of its") {
  const TemporaryFolder folder;
  const auto bundle = [&] {
    const Bytes root = load_public_key(folder / "ring/root.pub").value();
    return open_bundle(read_file(folder / "ring/keys.bundle", 1 << 20).value(), root).value();
  };
  REQUIRE(keys(folder, "ceremony ring --issuer 7").status == 0);
  REQUIRE(keys(folder, "token-key --out old").status == 0);
  REQUIRE(keys(folder, "token-key --out new").status == 0);
  REQUIRE(keys(folder,
               "issue ring --issuer 7 --meter 42 --public-key old.pub "
               "--valid-from 2026-01-01 --valid-until 2027-12-31")
              .status == 0);
  const SignedBundle before = bundle();
  const Run rotated = keys(folder,
                           "rotate ring --issuer 7 --meter 42 --public-key new.pub "
                           "--valid-from 2027-01-01 --valid-until 2028-12-31 --json");
  CHECK(rotated.status == 0);
  CHECK(holds(rotated, "\"sequence\":4"));
  const SignedBundle after = bundle();
  CHECK(is_newer(before, after).value());
  for (const BundleKey& key : after.believed().keys) {
    const bool old = key.public_key == load_public_key(folder / "old.pub").value();
    CHECK(key.valid_until == (old ? day(2027, 1, 7) : day(2028, 12, 31)));
  }

  const std::string first = to_hex(public_key_id(after.issuers.issuers[0].public_key));
  std::filesystem::rename(folder / "ring/root.key", folder / "vault.key");
  CHECK(keys(folder, "rotate-issuer ring --issuer 7").status == 1);  // the root is away
  REQUIRE(keys(folder, "rotate-issuer ring --issuer 7 --root-key vault.key").status == 0);
  const SignedBundle rotated_issuer = bundle();
  CHECK(is_newer(after, rotated_issuer).value());
  CHECK(rotated_issuer.issuers.issuers.size() == 2);
  CHECK(rotated_issuer.believed().keys.size() == 2);
  REQUIRE(keys(folder, "revoke-issuer ring --key " + first + " --root-key vault.key").status == 0);
  for (const BundleKey& key : bundle().believed().keys) CHECK_FALSE(key.revoked_from);
  REQUIRE(keys(folder,
               "issue ring --issuer 7 --meter 43 --public-key new.pub "
               "--valid-until 2030-01-01")
              .status == 0);  // with the new key, which is found by itself
  CHECK(keys(folder,
             "issue ring --issuer 7 --meter 43 --public-key new.pub "
             "--valid-until 2030-01-01 --issuer-key ring/issuer-7.key")
            .status == 1);
}

TEST_CASE("A bundle is published in the place of an older one only") {
  const TemporaryFolder folder;
  REQUIRE(keys(folder, "ceremony ring --issuer 7").status == 0);
  REQUIRE(keys(folder, "ceremony other --issuer 7").status == 0);
  REQUIRE(keys(folder, "publish ring --to there").status == 0);
  const Bytes first = read_file(folder / "there", 1 << 20).value();
  REQUIRE(keys(folder, "token-key --out meter").status == 0);
  write(folder / "keys.yaml", kList);
  REQUIRE(keys(folder, "issue ring --issuer 7 --list keys.yaml").status == 0);
  REQUIRE(keys(folder, "publish ring --to there").status == 0);
  CHECK(read_file(folder / "there", 1 << 20).value() != first);
  CHECK(keys(folder, "publish other --to there").status == 1);
  REQUIRE(write_file_durably(folder / "ring/keys.bundle", first).has_value());
  CHECK(keys(folder, "publish ring --to there").status == 1);
}

TEST_CASE("Keys are never overwritten, nor their private halves shown") {
  const TemporaryFolder folder;
  REQUIRE(keys(folder, "token-key --out root").status == 0);
  CHECK(keys(folder, "token-key --out root").status == 1);
  const Run shown = keys(folder, "inspect root.key --json");
  CHECK(shown.status == 0);
  CHECK(holds(shown, "\"kind\":\"private_key\""));
  CHECK_FALSE(holds(shown, "PRIVATE"));
  std::filesystem::permissions(folder / "root.key", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const Run refused = keys(folder, "inspect root.key");
  CHECK(refused.status == 1);
  CHECK(holds(refused, "chmod 600"));
}

TEST_CASE("Every fault of a list of keys is named by its line, and no bundle is written") {
  const TemporaryFolder folder;
  REQUIRE(keys(folder, "ceremony ring --issuer 7").status == 0);
  const Bytes before = read_file(folder / "ring/keys.bundle", 1 << 20).value();
  REQUIRE(keys(folder, "token-key --out meter").status == 0);
  write(folder / "keys.yaml", kList +
                                  "    revoked_from: June\n    colour: red\n"
                                  "  - public_key: none.pub\n    meter: -1\n");
  const Run run = keys(folder, "issue ring --issuer 7 --list keys.yaml");
  CHECK(run.status == 1);
  for (const char* line : {"keys.yaml:6:", "keys.yaml:7:", "keys.yaml:8:", "keys.yaml:9:"}) {
    CAPTURE(run.out, line);
    CHECK(holds(run, line));
  }
  CHECK(read_file(folder / "ring/keys.bundle", 1 << 20).value() == before);
}

TEST_CASE("A wrong command line of backstamp-keys is told from work that failed") {
  const TemporaryFolder folder;
  CHECK(keys(folder, "").status == 2);
  CHECK(keys(folder, "ceremony").status == 2);
  CHECK(keys(folder, "ceremony x --issuer 1 --algorithm rsa").status == 2);
  CHECK(keys(folder, "revoke x --issuer 1").status == 2);
  CHECK(keys(folder, "revoke x --issuer 1 --meter 3").status == 1);
  CHECK(keys(folder, "--help").status == 0);
  CHECK(keys(folder, "inspect none").status == 1);
  write(folder / "noise", "noise");
  CHECK(keys(folder, "inspect noise").status == 1);
}

TEST_CASE("A station's pair of keys is made once and told by its public half") {
  const TemporaryFolder folder;
  REQUIRE(keys(folder, "station --out lane-1").status == 0);
  CHECK(keys(folder, "station --out lane-1").status == 1);
  const Run secret = keys(folder, "inspect lane-1.secret --json");
  const Run open = keys(folder, "inspect lane-1.public --json");
  CHECK(holds(secret, "station_secret"));
  CHECK(holds(open, "station_public"));
  const auto half = [](const Run& run) { return run.out.substr(run.out.find("\"public_key\"")); };
  CHECK(half(secret) == half(open));
}
