// Tars from strangers: whatever stands in them, reading gives samples or errors, never more.
#include <archive.h>
#include <archive_entry.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "datasets/dataset.h"
#include "tests/unit/datasets/sample_dataset.h"
#include "tests/unit/datasets/temporary_folder.h"

namespace backstamp::datasets {
namespace {

struct Member {
  std::string name;
  std::string content;
  std::function<void(struct archive_entry*)> change = [](struct archive_entry*) {};
};

void write_tar(const std::filesystem::path& path, const std::vector<Member>& members) {
  struct archive* tar = archive_write_new();
  archive_write_set_format_pax(tar);
  REQUIRE(archive_write_open_filename(tar, path.c_str()) == ARCHIVE_OK);
  for (const Member& member : members) {
    struct archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    member.change(entry);
    REQUIRE(archive_write_header(tar, entry) >= ARCHIVE_WARN);
    if (archive_entry_size(entry) > 0) {
      archive_write_data(tar, member.content.data(), member.content.size());
    }
    archive_entry_free(entry);
  }
  archive_write_close(tar);
  archive_write_free(tar);
}

struct Outcome {
  std::vector<std::string> keys;
  std::vector<std::string> errors;
};

Outcome read_all(const std::filesystem::path& path) {
  Outcome outcome;
  auto reader = DatasetReader::open(path);
  if (!reader) {
    outcome.errors.push_back(reader.error().message);
    return outcome;
  }
  for (int i = 0; i < 1000; ++i) {
    auto sample = reader->next();
    if (!sample) {
      outcome.errors.push_back(sample.error().message);
    } else if (*sample) {
      outcome.keys.push_back((*sample)->key);
    } else {
      return outcome;
    }
  }
  FAIL("no end");
  return outcome;
}

TEST_CASE("links, devices and names that lead elsewhere are refused; their neighbours are read") {
  const TemporaryFolder folder;
  const auto link = [](struct archive_entry* entry) {
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, "/etc/passwd");
    archive_entry_set_size(entry, 0);
  };
  const auto hard = [](struct archive_entry* entry) {
    archive_entry_set_hardlink(entry, "a.png");
    archive_entry_set_size(entry, 0);
  };
  const auto device = [](struct archive_entry* entry) {
    archive_entry_set_filetype(entry, AE_IFCHR);
    archive_entry_set_rdev(entry, 1);
    archive_entry_set_size(entry, 0);
  };
  const std::vector<Member> hostile = {{"../up.png", "x"},
                                       {"/etc/abs.png", "x"},
                                       {"a/../../b.png", "x"},
                                       {"soft.png", "", link},
                                       {"hard.png", "", hard},
                                       {"dev.png", "", device},
                                       {std::string(400, 'n') + ".png", "x"}};
  for (const Member& member : hostile) {
    write_tar(folder / "t.tar", {{"a.png", "first"}, member, {"z.png", "last"}});
    const Outcome outcome = read_all(folder / "t.tar");
    CHECK(outcome.keys == std::vector<std::string>{"a", "z"});
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].find("t.tar") != std::string::npos);
    CHECK(outcome.errors[0].find(member.name.substr(0, 60)) != std::string::npos);
  }
}

TEST_CASE("a member over the limit of size is refused without being read") {
  const TemporaryFolder folder;
  write_tar(folder / "t.tar", {{"a.png", "first"}, {"big.png", std::string((64u << 20) + 1, 'x')}});
  const Outcome outcome = read_all(folder / "t.tar");
  CHECK(outcome.keys == std::vector<std::string>{"a"});
  REQUIRE(outcome.errors.size() == 1);
  CHECK(outcome.errors[0].find("big.png") != std::string::npos);
}

TEST_CASE("members of one key make one sample; the same name twice is refused") {
  const TemporaryFolder folder;
  write_tar(folder / "t.tar",
            {{"a.png", "1"}, {"a.json", "{}"}, {"b.png", "2"}, {"b.png", "3"}, {"c.png", "4"}});
  const Outcome outcome = read_all(folder / "t.tar");
  CHECK(outcome.keys == std::vector<std::string>{"a", "c"});
  CHECK(outcome.errors.size() == 1);
}

TEST_CASE("a plain tar cut off at any block ends in an error that names it") {
  const TemporaryFolder folder;
  write_samples(folder / "set", test_samples(3), 1 << 20);
  const auto tar = read_file(folder / "set/shard-000000.tar", 1 << 20);
  REQUIRE(tar);
  for (std::size_t size = 0; size + 1024 <= tar->size(); size += 512) {
    put_file(folder / "cut.tar", ByteView(*tar).first(size));
    const Outcome outcome = read_all(folder / "cut.tar");
    REQUIRE_FALSE(outcome.errors.empty());
    CHECK(outcome.errors.back().find("cut.tar") != std::string::npos);
    CHECK(outcome.keys.size() <= 3);
  }
}

TEST_CASE("a shard cut off anywhere is noticed before a sample of it is given") {
  const TemporaryFolder folder;
  write_samples(folder / "set", test_samples(3), 1 << 20);
  const auto path = folder / "set/shard-000000.tar";
  const auto tar = read_file(path, 1 << 20);
  REQUIRE(tar);
  for (std::size_t size = 0; size < tar->size(); size += 512) {
    put_file(path, ByteView(*tar).first(size));
    const Outcome outcome = read_all(folder / "set");
    CHECK(outcome.keys.empty());
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].find("shard-000000.tar") != std::string::npos);
  }
}

TEST_CASE("a flipped byte of a shard's members is an error of exactly that member") {
  const TemporaryFolder folder;
  const auto samples = test_samples(3);
  write_samples(folder / "set", samples, 1 << 20);
  const auto path = folder / "set/shard-000000.tar";
  const auto tar = read_file(path, 1 << 20);
  REQUIRE(tar);
  for (std::size_t at = 0; at < tar->size(); at += 17) {
    Bytes changed = *tar;
    changed[at] ^= 0x41;
    put_file(path, changed);
    auto reader = DatasetReader::open(folder / "set");
    REQUIRE(reader);
    for (const Sample& sample : samples) {
      auto read = reader->next();
      if (read) {  // untouched, or the flip hit padding or a header field that means nothing to us
        REQUIRE(*read);
        CHECK((*read)->parts == sample.parts);
      } else {
        CHECK(reader->damaged_key() == sample.key);
        CHECK(read.error().message.find(sample.key + ".") != std::string::npos);
      }
    }
    CHECK_FALSE(*reader->next());
  }
}

TEST_CASE("a plain tar with any byte flipped never gives more than it held") {
  const TemporaryFolder folder;
  write_samples(folder / "set", test_samples(2), 1 << 20);
  const auto tar = read_file(folder / "set/shard-000000.tar", 1 << 20);
  REQUIRE(tar);
  for (std::size_t at = 0; at < tar->size(); ++at) {
    if (at % 512 >= 160 && at % 41 != 0) continue;  // every byte of the fields that matter
    Bytes changed = *tar;
    changed[at] ^= 0x21;
    put_file(folder / "t.tar", changed);
    CHECK(read_all(folder / "t.tar").keys.size() <= 4);
  }
}

}  // namespace
}  // namespace backstamp::datasets
