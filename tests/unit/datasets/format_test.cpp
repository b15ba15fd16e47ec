// The worked example of docs/formats/dataset.md is what the code writes.
#include <catch2/catch_test_macros.hpp>

#include "datasets/dataset.h"
#include "tests/unit/datasets/temporary_folder.h"

namespace backstamp::datasets {
namespace {

/// The fenced block that follows the line "`name`:".
std::string block_of(std::string_view text, const std::string& name) {
  const std::size_t mark = text.find("`" + name + "`:\n");
  REQUIRE(mark != std::string_view::npos);
  const std::size_t begin = text.find('\n', text.find("```", mark)) + 1;
  return std::string(text.substr(begin, text.find("```", begin) - begin));
}

TEST_CASE("the format document's example is what is written") {
  const TemporaryFolder folder;
  auto writer = DatasetWriter::create({folder / "set", 1 << 20, R"({"camera": "lane 3"})"});
  REQUIRE(writer);
  const std::string picture = "P5\n2 1\n255\n\x7F\x80";
  const std::string truth = "{\"image\": \"000001.pgm\"}\n";
  Sample sample{"000001", {}};
  sample.parts["pgm"] = Bytes(picture.begin(), picture.end());
  sample.parts["json"] = Bytes(truth.begin(), truth.end());
  REQUIRE(writer->add(sample));
  REQUIRE(writer->add(Sample{"000002", {{"pgm", sample.parts["pgm"]}}}));
  REQUIRE(writer->finish());

  const auto document =
      read_file(std::filesystem::path(BACKSTAMP_SOURCE_DIR) / "docs/formats/dataset.md", 1 << 20);
  REQUIRE(document);
  for (const std::string name : {"manifest.json", "shard-000000.index"}) {
    const auto written = read_file(folder / "set" / name, 1 << 20);
    REQUIRE(written);
    CHECK(block_of(as_text(*document), name) == as_text(*written));
  }
}

}  // namespace
}  // namespace backstamp::datasets
