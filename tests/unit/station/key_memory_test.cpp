#include "station/key_memory.h"

#include "key_fixture.h"

namespace {
using namespace backstamp;
using namespace backstamp::station;
using station::testing::Authority;
using test::TemporaryFolder;

KeyMemory memory_of(const postal::SignedBundle& bundle) {
  KeyMemory memory;
  remember(memory, bundle);
  return memory;
}
}  // namespace

TEST_CASE("a station goes on with the same bundle or a newer one, never with an older one") {
  const Authority authority;
  const KeyMemory memory = memory_of(authority.bundle(12));
  CHECK(never_go_back(memory, authority.bundle(12)));
  CHECK(never_go_back(memory, authority.bundle(13)));
  const auto older = never_go_back(memory, authority.bundle(11));
  REQUIRE_FALSE(older);
  CHECK(older.error().kind == ErrorKind::refused);
  CHECK(older.error().message.find("sequence 11") != std::string::npos);
  CHECK(older.error().message.find("12") != std::string::npos);
  auto bare = authority.bundle(12);
  bare.lists.clear();
  CHECK_FALSE(never_go_back(memory, bare));
}

TEST_CASE("another root begins its own count, and proves nothing by its predecessor's word") {
  const Authority authority;
  KeyMemory memory = memory_of(authority.bundle(9));
  memory.floor = memory.confirmed = station::testing::kIssued;
  auto other = authority.bundle(1);
  other.root = {1, 2, 3};
  CHECK(never_go_back(memory, other));
  remember(memory, other);
  CHECK(memory.lists == std::map<std::uint32_t, std::uint64_t>{{7, 1}});
  CHECK(memory.confirmed == UtcTime{});
  CHECK(memory.floor == station::testing::kIssued);  // time is time, whoever signs it
}

TEST_CASE("what is remembered is the same after a restart") {
  const TemporaryFolder folder;
  const Authority authority;
  CHECK_FALSE(load_key_memory(folder.path()).value().has_value());
  KeyMemory memory = memory_of(authority.bundle(9));
  memory.floor = station::testing::kIssued + std::chrono::microseconds(1);
  memory.confirmed = station::testing::kIssued;
  REQUIRE(save_key_memory(folder.path(), memory));
  CHECK(load_key_memory(folder.path()).value() == memory);
}

TEST_CASE("a damaged memory of the bundle is refused by name, cut anywhere") {
  const TemporaryFolder folder;
  REQUIRE(save_key_memory(folder.path(), memory_of(Authority().bundle(9))));
  const auto path = folder.path() / "keys.json";
  const auto whole = read_file(path, 4096);
  REQUIRE(whole);
  for (std::size_t size = 0; size + 1 < whole->size(); ++size) {
    REQUIRE(write_file_durably(path, ByteView(*whole).first(size)));
    const auto refused = load_key_memory(folder.path());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::invalid);
    CHECK(refused.error().message.find("keys.json") != std::string::npos);
  }
}
