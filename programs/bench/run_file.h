// A run of `bench read` as it was written down, as far as two runs are compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::bench {

inline constexpr const char* kRunFormat = "read";
inline constexpr int kRunVersion = 1;

struct RecordedSymbol {
  std::string type;
  std::string hex;
  bool postal = true;
  bool read = false;
};

struct RecordedFace {
  std::string image;
  std::string face_class;
  bool crashed = false;
  double ms = 0;
  std::optional<double> peer_ms;  ///< none when it was not asked, or died
  std::vector<RecordedSymbol> symbols;
  std::vector<std::string> misreads;  ///< "IMb 3132", in the order of the face
};

struct RecordedRun {
  std::string clock;  ///< "wall" or "cpu"
  std::vector<RecordedFace> faces;
};

/// Reads what read_report_json wrote. Fails (invalid): another format or version, a face without
/// its name, class, time or symbols, a face twice.
Result<RecordedRun> parse_run(ByteView json);

}  // namespace backstamp::bench
