// Pieces and pictures for the tests of the evidence.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "station/evidence.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::station {

/// A picture and what was seen on it.
struct Face {
  vision::Frame frame;
  vision::FaceReading reading;
};

inline vision::Frame grey(int width, int height, std::uint8_t value = 200) {
  vision::Frame frame(width, height);
  for (int y = 0; y < height; ++y) std::fill_n(frame.row(y), width, value);
  return frame;
}

/// Noise on paper, as a sensor has it: no two pixels are alike.
inline vision::Frame noisy(int width, int height, std::uint32_t seed = 1) {
  vision::Frame frame(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      seed = seed * 1664525u + 1013904223u;
      frame.row(y)[x] = static_cast<std::uint8_t>(190 + (seed >> 24) % 24);
    }
  }
  return frame;
}

/// With a place at (200, 200) to (300, 300) that looks like a Data Matrix and was not read.
inline Face with_candidate(int width, int height) {
  Face face{noisy(width, height), {}};
  vision::Candidate candidate;
  candidate.outline = {{{200, 200}, {300, 200}, {300, 300}, {200, 300}}};
  candidate.looks_like = postal::Symbology::data_matrix;
  candidate.score = 0.5F;
  face.reading.unread.push_back(candidate);
  face.reading.rungs.push_back({"locate", 1, 0, std::chrono::microseconds(900)});
  face.reading.cause = postal::NoReadCause::located_not_decoded;
  return face;
}

inline std::vector<EvidenceFrame> frames_of(Face face, const std::string& camera) {
  std::vector<EvidenceFrame> frames;
  frames.push_back({std::move(face.frame), camera, std::move(face.reading)});
  return frames;
}

inline postal::ScanEvent no_read(std::uint64_t piece) {
  postal::ScanEvent event;
  event.piece = piece;
  event.cause = postal::NoReadCause::located_not_decoded;
  return event;
}

inline std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    all.push_back(entry.path());
  }
  std::ranges::sort(all);
  return all;
}

inline std::filesystem::path only_folder_in(const std::filesystem::path& folder) {
  const auto all = folders_in(folder);
  REQUIRE(all.size() == 1);
  return all[0];
}

/// All samples of a class, day by day, as any reader of datasets sees them.
inline std::vector<datasets::Sample> read_evidence_samples(const std::filesystem::path& directory,
                                                           EvidenceClass kind) {
  std::vector<datasets::Sample> samples;
  for (const auto& day : folders_in(directory / to_string(kind))) {
    auto reader = datasets::DatasetReader::open(day);
    if (!reader) FAIL(reader.error().message);
    while (true) {
      auto sample = reader->next();
      if (!sample) FAIL(sample.error().message);
      if (!*sample) break;
      samples.push_back(std::move(**sample));
    }
  }
  return samples;
}

}  // namespace backstamp::station
