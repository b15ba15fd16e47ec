#include "datasets/inspect.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/datasets/sample_dataset.h"
#include "tests/unit/datasets/temporary_folder.h"

namespace backstamp::datasets {
namespace {

TEST_CASE("a sound dataset verifies") {
  const TemporaryFolder folder;
  write_samples(folder / "set", test_samples(9));
  const auto found = verify_dataset(folder / "set", {});
  REQUIRE(found);
  CHECK(found->faults.empty());
  CHECK(found->samples == 9);
  CHECK(found->members == 18);
  CHECK(summarise_dataset(folder / "set")->samples == 9);
  CHECK_FALSE(verify_dataset(folder.path(), {}));
}

TEST_CASE("verification finds any flipped byte of a shard or an index, and names the shard") {
  const TemporaryFolder folder;
  write_samples(folder / "set", test_samples(3), 1 << 20);
  for (const char* name : {"shard-000000.tar", "shard-000000.index"}) {
    const auto path = folder / "set" / name;
    const auto content = read_file(path, 1 << 20);
    REQUIRE(content);
    for (std::size_t at = 0; at < content->size(); at += 29) {
      Bytes changed = *content;
      changed[at] ^= 1;
      put_file(path, changed);
      const auto found = verify_dataset(folder / "set", {});
      REQUIRE(found);
      INFO(name << " byte " << at);
      REQUIRE_FALSE(found->faults.empty());
      CHECK(found->faults[0].find("shard-000000") != std::string::npos);
    }
    put_file(path, *content);
  }
}

TEST_CASE("verification names the damaged member") {
  const TemporaryFolder folder;
  const auto samples = test_samples(3);
  write_samples(folder / "set", samples, 1 << 20);
  const auto path = folder / "set/shard-000000.tar";
  auto tar = read_file(path, 1 << 20);
  REQUIRE(tar);
  const Bytes& picture = samples[2].parts.at("png");
  std::search(tar->begin(), tar->end(), picture.begin(), picture.end())[3] ^= 4;
  put_file(path, *tar);
  const auto found = verify_dataset(folder / "set", {});
  REQUIRE(found);
  CHECK(found->samples == 2);
  CHECK(std::ranges::any_of(found->faults, [](const std::string& fault) {
    return fault.find("shard-000000.tar: piece_2.png") != std::string::npos;
  }));
}

TEST_CASE("a missing shard or index is a fault of its own") {
  const TemporaryFolder folder;
  write_samples(folder / "set", test_samples(20));
  std::filesystem::remove(folder / "set/shard-000001.tar");
  std::filesystem::remove(folder / "set/shard-000000.index");
  const auto found = verify_dataset(folder / "set", {});
  REQUIRE(found);
  CHECK(found->faults.size() == 2);
  CHECK(found->samples > 0);
}

TEST_CASE("members are extracted by name, and nothing is written over or outside") {
  const TemporaryFolder folder;
  const auto samples = test_samples(4);
  write_samples(folder / "set", samples);
  const auto some = extract_members(folder / "set", folder / "out", "*_[12].png", {});
  REQUIRE(some);
  CHECK(some->files == 2);
  CHECK(*read_file(folder / "out/piece_1.png", 1 << 20) == samples[1].parts.at("png"));
  const auto again = extract_members(folder / "set", folder / "out", "", {});
  REQUIRE(again);
  CHECK(again->files == 6);
  CHECK(again->faults.size() == 2);

  CHECK_FALSE(std::filesystem::exists(folder / "out/truth.jsonl"));  // they have none

  put_file(folder / "outside.png", test_bytes(4, 1));
  std::filesystem::create_directory(folder / "trap");
  std::filesystem::create_symlink(folder / "outside.png", folder / "trap/piece_0.png");
  const auto trapped = extract_members(folder / "set", folder / "trap", "piece_0.png", {});
  REQUIRE(trapped);
  CHECK(trapped->files == 0);
  CHECK(*read_file(folder / "outside.png", 100) == test_bytes(4, 1));
}

TEST_CASE("the truth of extracted samples comes along as one file") {
  const TemporaryFolder folder;
  auto samples = test_samples(3);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string truth = R"({"image":"a.png","class":"hard","symbols":[]})";
    samples[i].parts["json"] = Bytes(truth.begin(), truth.end());
  }
  write_samples(folder / "set", samples);
  const auto all = extract_members(folder / "set", folder / "out", "", {});
  REQUIRE(all);
  const auto file = read_file(folder / "out/truth.jsonl", 1 << 20);
  REQUIRE(file);
  CHECK(std::ranges::count(as_text(*file), '\n') == 2);
}

}  // namespace
}  // namespace backstamp::datasets
