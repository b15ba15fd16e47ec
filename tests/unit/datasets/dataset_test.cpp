#include "datasets/dataset.h"

#include <catch2/catch_test_macros.hpp>

#include "datasets/shard/manifest.h"
#include "tests/unit/datasets/sample_dataset.h"
#include "tests/unit/datasets/temporary_folder.h"

namespace backstamp::datasets {
namespace {

TEST_CASE("what is written into shards is read back in order") {
  const TemporaryFolder folder;
  const auto samples = test_samples(20);
  write_samples(folder / "set", samples);
  REQUIRE(std::filesystem::exists(folder / "set/shard-000002.tar"));

  auto reader = DatasetReader::open(folder / "set");
  REQUIRE(reader);
  CHECK(reader->sample_count() == 20);
  CHECK(reader->manifest_json().find("a test") != std::string::npos);
  for (const Sample& sample : samples) {
    auto read = reader->next();
    REQUIRE(read);
    REQUIRE(*read);
    CHECK((*read)->key == sample.key);
    CHECK((*read)->parts == sample.parts);
    CHECK(*(*read)->picture() == sample.parts.at("png"));
  }
  CHECK_FALSE(*reader->next());
  CHECK_FALSE(*reader->next());
}

TEST_CASE("a shard alone is read as a plain tar") {
  const TemporaryFolder folder;
  const auto samples = test_samples(5);
  write_samples(folder / "set", samples, 1 << 20);
  auto reader = DatasetReader::open(folder / "set/shard-000000.tar");
  REQUIRE(reader);
  CHECK(reader->sample_count() == 0);
  CHECK(reader->manifest_json() == "{}");
  REQUIRE(reader->skip(2));
  for (std::size_t i = 2; i < samples.size(); ++i) {
    auto read = reader->next();
    REQUIRE(read);
    REQUIRE(*read);
    CHECK((*read)->parts == samples[i].parts);
  }
  CHECK_FALSE(*reader->next());
}

TEST_CASE("skipping any number of samples lands on the next one") {
  const TemporaryFolder folder;
  const auto samples = test_samples(12);
  write_samples(folder / "set", samples);
  for (std::size_t from = 0; from <= samples.size() + 1; ++from) {
    auto reader = DatasetReader::open(folder / "set");
    REQUIRE(reader);
    REQUIRE(reader->skip(from));
    auto read = reader->next();
    REQUIRE(read);
    REQUIRE(read->has_value() == (from < samples.size()));
    if (*read) CHECK((*read)->key == samples[from].key);
  }
}

TEST_CASE("the same samples make the same files") {
  const TemporaryFolder folder;
  write_samples(folder / "a", test_samples(9));
  write_samples(folder / "b", test_samples(9));
  for (const auto& file : std::filesystem::directory_iterator(folder / "a")) {
    const auto twin = folder / "b" / file.path().filename();
    CHECK(*read_file(file.path(), 1 << 20) == *read_file(twin, 1 << 20));
  }
}

TEST_CASE("a dataset is not complete before it is finished, and never written over") {
  const TemporaryFolder folder;
  {
    auto writer = DatasetWriter::create({folder / "set", 5000, "{}"});
    REQUIRE(writer);
    REQUIRE(writer->add(test_samples(1)[0]));
    CHECK_FALSE(DatasetReader::open(folder / "set"));
  }
  write_samples(folder / "set", test_samples(2));
  auto again = DatasetWriter::create({folder / "set", 5000, "{}"});
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::refused);
}

TEST_CASE("a writer refuses keys and extensions that could become paths, and the same key twice") {
  const TemporaryFolder folder;
  auto writer = DatasetWriter::create({folder / "set", 5000, "{}"});
  REQUIRE(writer);
  for (const char* key : {"", "a/b", "..", ".", "a.b", "-x", "a b", "a\nb", "\xC3\xA4"}) {
    CHECK_FALSE(writer->add(Sample{key, {{"png", {1}}}}));
  }
  for (const char* extension : {"", ".png", "png.", "p/ng", "p ng"}) {
    CHECK_FALSE(writer->add(Sample{"key", {{extension, {1}}}}));
  }
  CHECK_FALSE(writer->add(Sample{"key", {}}));
  CHECK(writer->add(Sample{"key", {{"png", {}}}}));
  CHECK_FALSE(writer->add(Sample{"key", {{"png", {1}}}}));
  CHECK_FALSE(DatasetWriter::create({folder / "other", 5000, "[1]"}));
}

TEST_CASE("a manifest survives printing, and every wrong one is refused") {
  const std::string digest(64, 'a');
  Manifest manifest{7, {{shard_file(0), 4096, 3, digest}, {shard_file(1), 2048, 4, digest}}, "{}"};
  manifest.maker_json = R"({"seed":1})";
  const auto text = print_manifest(manifest);
  REQUIRE(text);
  REQUIRE(parse_manifest(*text));
  CHECK(*parse_manifest(*text) == manifest);
  for (std::size_t i = 0; i + 2 < text->size(); ++i)
    CHECK_FALSE(parse_manifest(text->substr(0, i)));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = *text;
    changed.replace(changed.find(from), from.size(), to);
    return parse_manifest(changed).has_value();
  };
  CHECK_FALSE(with("\"version\": 1", "\"version\": 2"));
  CHECK_FALSE(with("shard-000000", "../d-000000"));
  CHECK_FALSE(with("\"samples\": 7", "\"samples\": 8"));
  CHECK_FALSE(with("\"samples\": 7", "\"samples\": -7"));
  CHECK_FALSE(with("\"bytes\": 4096", "\"bytes\": 18446744073709551615"));
  CHECK_FALSE(with("\"sha256\": \"aa", "\"sha256\": \"AA"));
}

}  // namespace
}  // namespace backstamp::datasets
