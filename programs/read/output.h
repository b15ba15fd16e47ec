// A face's reading as a line for machines or a paragraph for people.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "vision/reading.h"

namespace backstamp::programs {

/// What became of one picture.
struct ReadResult {
  std::string name;
  vision::FaceReading reading;
  std::optional<Error> error;
};

/// One JSON object and a newline. `explain` adds what each symbol, each candidate and each rung of
/// the ladder cost and showed.
std::string as_json(const ReadResult& result, bool explain);
/// A line a picture, then an indented line a symbol. `explain` as above: also a line a candidate
/// and a table of the rungs.
std::string as_words(const ReadResult& result, bool explain);

}  // namespace backstamp::programs
