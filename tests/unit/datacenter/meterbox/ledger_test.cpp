#include "datacenter/meterbox/ledger.h"

#include <fstream>
#include <random>

#include "tests/unit/datacenter/meterbox/scene.h"

namespace backstamp::datacenter::meterbox {
namespace {

namespace fs = std::filesystem;

fs::path segment(const Scene& scene) {
  return scene.folder / "journal-00000000000000000001";
}
Bytes content(const fs::path& path) {
  return read_file(path, 1 << 28).value();
}
void write(const fs::path& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary)
      .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

TEST_CASE("a journal cut at any byte opens as far as whole records go, or is a rollback") {
  Scene scene;
  scene.open(42);
  scene.done<MintedTokens>(Dispense{42, 3, {piece()}});
  scene.box.reset();
  scene.device->floor = {};  // as if the HSM had heard of none
  const Bytes whole = content(segment(scene));
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at < whole.size();) {
    at += read_frame(ByteView(whole).subspan(at))->size;
    ends.push_back(at);
  }
  REQUIRE(ends.size() == 4);
  MemoryKeyring keys(scene.device);
  for (std::size_t size = ends[0]; size < whole.size(); ++size) {
    write(segment(scene), ByteView(whole).first(size));
    const auto opened = Ledger::open(scene.folder.path(), keys.seal(), {});
    REQUIRE(opened);
    const auto records = static_cast<std::uint64_t>(
        std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= size; }));
    CHECK(opened->second.anchor.version == records);
    CHECK(fs::file_size(segment(scene)) == ends[records - 1]);
    const auto floor = Ledger::open(scene.folder.path(), keys.seal(), {4, {}});
    REQUIRE_FALSE(floor);
    CHECK(floor.error().kind == ErrorKind::refused);
  }
}

TEST_CASE("no byte of the journal can be changed unnoticed") {
  Scene scene;
  scene.open(42);
  scene.done<MintedTokens>(Dispense{42, 3, {piece()}});
  const Anchor last = scene.done<BoxKeys>(AskKeys{}).anchor;
  scene.box.reset();
  const Bytes whole = content(segment(scene));
  MemoryKeyring keys(scene.device);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes changed = whole;
    changed[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    write(segment(scene), changed);
    CHECK_FALSE(Ledger::open(scene.folder.path(), keys.seal(), last));
  }
  // Not even by one who makes the checksum agree again.
  for (std::size_t i = kFrameHeadBytes; i < whole.size(); i += 3) {
    Bytes changed = whole;
    std::size_t at = 0;
    auto frame = read_frame(ByteView(whole));
    while (at + frame->size <= i) {
      at += frame->size;
      frame = read_frame(ByteView(whole).subspan(at));
    }
    if (i < at + kFrameHeadBytes) continue;
    changed[i] ^= 0x20;
    Sha256 seal{};
    const ByteView body = ByteView(changed).subspan(at + kFrameHeadBytes, frame->body.size());
    const ByteView found = ByteView(changed).subspan(at + kFrameHeadBytes + body.size(), 32);
    std::copy(found.begin(), found.end(), seal.begin());
    const Bytes framed = frame_entry(body, seal);
    std::copy(framed.begin(), framed.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
    write(segment(scene), changed);
    CHECK_FALSE(Ledger::open(scene.folder.path(), keys.seal(), last));
  }
  write(segment(scene), whole);
  CHECK(Ledger::open(scene.folder.path(), keys.seal(), last));
}

TEST_CASE("a record cannot be left out, doubled or moved") {
  Scene scene;
  scene.open(42);
  scene.done<MintedTokens>(Dispense{42, 3, {piece()}});
  scene.box.reset();
  const Bytes whole = content(segment(scene));
  std::vector<Bytes> frames;
  for (std::size_t at = 0; at < whole.size(); at += frames.back().size()) {
    const auto frame = read_frame(ByteView(whole).subspan(at));
    frames.emplace_back(whole.begin() + static_cast<std::ptrdiff_t>(at),
                        whole.begin() + static_cast<std::ptrdiff_t>(at + frame->size));
  }
  REQUIRE(frames.size() == 4);
  MemoryKeyring keys(scene.device);
  for (const std::vector<std::size_t>& order :
       {std::vector<std::size_t>{0, 2, 3}, {0, 1, 3}, {0, 1, 3, 2}, {0, 1, 2, 2, 3}, {1, 2, 3}}) {
    Bytes made;
    for (const std::size_t i : order) made.insert(made.end(), frames[i].begin(), frames[i].end());
    write(segment(scene), made);
    const auto opened = Ledger::open(scene.folder.path(), keys.seal(), {});
    if (order == std::vector<std::size_t>{0, 1, 2, 2, 3}) {
      // The second copy is older than the state: skipped, as after a snapshot.
      CHECK(opened.has_value());
      continue;
    }
    CHECK_FALSE(opened);
  }
}

TEST_CASE("from a snapshot the box is the same as from its beginning") {
  Scene scene;
  scene.open(42);
  scene.open(43);
  scene.done<MintedTokens>(Dispense{42, 3, {piece(400)}});
  scene.done(Refund{42, 4, {7, 42, 1}, {400}});
  scene.box.reset();
  MemoryKeyring keys(scene.device);
  {
    auto opened = Ledger::open(scene.folder.path(), keys.seal(), scene.device->floor);
    REQUIRE(opened);
    REQUIRE(opened->first.take_snapshot(opened->second, keys.seal()));
  }
  scene.start();
  const auto minted = scene.done<MintedTokens>(Dispense{42, 5, {piece()}});
  CHECK(scene.done<MintedTokens>(Dispense{42, 3, {piece(400)}}).registers.pieces == 1);
  const BoxState state = scene.box->state();
  scene.start();
  CHECK(scene.box->state() == state);
  CHECK(scene.done<MintedTokens>(Dispense{42, 5, {piece()}}) == minted);
  scene.box.reset();
  const auto audit = Ledger::audit(scene.folder.path(), keys.seal());
  REQUIRE(audit);
  CHECK(audit->state == state);
  CHECK(decode_state(encode_state(state)).value() == state);
}

TEST_CASE("a snapshot that was tampered with is not believed") {
  Scene scene;
  scene.open(42);
  scene.box.reset();
  MemoryKeyring keys(scene.device);
  auto opened = Ledger::open(scene.folder.path(), keys.seal(), scene.device->floor);
  REQUIRE(opened);
  const BoxState state = opened->second;
  REQUIRE(opened->first.take_snapshot(state, keys.seal()));
  BoxState richer = state;
  Registers& of = richer.accounts.at(42).registers;
  of.descending.mills += 1000;
  of.control.mills += 1000;
  of.funded.mills += 1000;
  const Bytes body = encode_state(richer);
  const auto path = scene.folder / "snapshot-00000000000000000003";
  Bytes forged = content(path);
  forged.resize(kSealBytes);
  forged.insert(forged.end(), body.begin(), body.end());
  write(path, forged);
  scene.start();
  CHECK(scene.box->state() == state);
}

TEST_CASE("old files put back are refused by the floor in the HSM") {
  Scene scene;
  scene.open(42);
  scene.box.reset();
  const Bytes old = content(segment(scene));
  scene.start();
  scene.done<MintedTokens>(Dispense{42, 3, {piece()}});
  scene.box.reset();
  write(segment(scene), old);
  const auto started = scene.try_start();
  REQUIRE_FALSE(started);
  CHECK(started.error().kind == ErrorKind::refused);
  CHECK(started.error().message.find("rolled back") != std::string::npos);
}

TEST_CASE("another HSM's seal is not ours") {
  Scene scene;
  scene.open(42);
  scene.box.reset();
  const auto other = postal::MacKey::from_bytes(sha256(as_bytes("other")));
  const auto opened = Ledger::open(scene.folder.path(), other, {});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::refused);
}

}  // namespace backstamp::datacenter::meterbox
