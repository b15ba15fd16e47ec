#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "datasets/replay_source.h"
#include "tests/unit/datasets/sample_dataset.h"
#include "tests/unit/datasets/temporary_folder.h"

namespace backstamp::datasets {
namespace {

TEST_CASE("a replay gives every sample as a piece, in order, with its picture and its truth") {
  const TemporaryFolder folder;
  const auto samples = test_samples(7);
  write_samples(folder / "set", samples);
  auto reader = DatasetReader::open(folder / "set");
  REQUIRE(reader);
  ReplaySource source(std::move(*reader));
  CHECK(source.sample_count() == 7);
  REQUIRE(source.resume_after(2));
  for (std::size_t i = 2; i < samples.size(); ++i) {
    auto capture = source.next();
    REQUIRE(capture);
    REQUIRE(*capture);
    CHECK((*capture)->piece == i + 1);
    CHECK((*capture)->name == samples[i].key + ".png");
    CHECK((*capture)->file == samples[i].parts.at("png"));
    CHECK(source.truth() == samples[i].parts.at("json"));
    CHECK(source.damage().empty());
  }
  CHECK_FALSE(*source.next());
  CHECK_FALSE(source.resume_after(1));
}

TEST_CASE("a damaged sample is still a piece, without a picture, and the next one is whole") {
  const TemporaryFolder folder;
  const auto samples = test_samples(3);
  write_samples(folder / "set", samples, 1 << 20);
  auto tar = read_file(folder / "set/shard-000000.tar", 1 << 20);
  REQUIRE(tar);
  const Bytes& second = samples[1].parts.at("png");
  const auto at = std::search(tar->begin(), tar->end(), second.begin(), second.end());
  REQUIRE(at != tar->end());
  at[5] ^= 0x10;
  put_file(folder / "set/shard-000000.tar", *tar);

  auto source = open_source(folder / "set");
  REQUIRE(source);
  for (std::size_t i = 0; i < 3; ++i) {
    auto capture = (*source)->next();
    REQUIRE(capture);
    REQUIRE(*capture);
    CHECK((*capture)->piece == i + 1);
    CHECK((*capture)->file.empty() == (i == 1));
    if (i != 1) continue;
    CHECK((*capture)->name == "piece_1");
    const auto& damage = dynamic_cast<ReplaySource&>(**source).damage();
    CHECK(damage.find("shard-000000.tar") != std::string::npos);
    CHECK(damage.find("piece_1.png") != std::string::npos);
  }
}

TEST_CASE("a folder of pictures is fed by name; other files are left alone") {
  const TemporaryFolder folder;
  for (const char* name : {"b.png", "a.PGM", "c.txt", "d.jpeg"}) {
    put_file(folder / name, test_bytes(10, 1));
  }
  auto source = open_source(folder.path());
  REQUIRE(source);
  std::string names;
  while (true) {
    auto capture = (*source)->next();
    REQUIRE(capture);
    if (!*capture) break;
    names += std::to_string((*capture)->piece) + (*capture)->name + " ";
    CHECK((*capture)->file.size() == 10);
  }
  CHECK(names == "1a.PGM 2b.png 3d.jpeg ");
  CHECK_FALSE(open_source(folder / "nothing"));
  std::filesystem::create_directory(folder / "empty");
  CHECK_FALSE(open_source(folder / "empty"));
}

}  // namespace
}  // namespace backstamp::datasets
