// A small dataset of a few shards for tests.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace backstamp::datasets {

inline Bytes test_bytes(std::size_t size, std::uint32_t seed) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<std::uint8_t>(seed >> 24);
  }
  return bytes;
}

inline std::vector<Sample> test_samples(std::size_t count) {
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i) {
    Sample sample{"piece_" + std::to_string(i), {}};
    sample.parts["png"] = test_bytes(100 + 211 * i, static_cast<std::uint32_t>(i));
    const std::string truth = "{\"n\": " + std::to_string(i) + "}";
    sample.parts["json"] = Bytes(truth.begin(), truth.end());
    samples.push_back(std::move(sample));
  }
  return samples;
}

inline void write_samples(const std::filesystem::path& folder, const std::vector<Sample>& samples,
                          std::uint64_t shard_bytes = 5000) {
  auto writer = DatasetWriter::create({folder, shard_bytes, R"({"by": "a test"})"});
  REQUIRE(writer);
  for (const Sample& sample : samples) REQUIRE(writer->add(sample));
  REQUIRE(writer->finish());
}

}  // namespace backstamp::datasets
