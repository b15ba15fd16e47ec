// Figures for monitoring, as Prometheus reads them: text exposition format 0.0.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace backstamp::metrics {

/// Names ([a-zA-Z_][a-zA-Z0-9_]*, neither "le" nor two underscores in front) and values (any text).
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Collects one scrape: families in the order of their first mention, every sample beside its
/// family. Names follow the rules of Prometheus ("backstamp_pieces_total", base units, seconds);
/// one that does not, and a family that is of two types, are programming faults. Thread-bound.
class Page {
 public:
  /// Only ever grows, from the start of the process; its name ends in "_total".
  void counter(std::string_view name, std::string_view help, const Labels& labels, double value);
  void gauge(std::string_view name, std::string_view help, const Labels& labels, double value);
  /// A histogram in seconds with the buckets given (upper bounds, ascending, without +Inf).
  void histogram(std::string_view name, std::string_view help, const Labels& labels,
                 const Histogram& values, const std::vector<double>& bounds_seconds);
  std::string text() const;

  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Family {
    std::string name;
    std::string help;
    std::string type;
    std::string samples;
  };
  Family& family(std::string_view name, std::string_view help, std::string_view type);
  std::vector<Family> families_;
};

/// A number as the format has it: whole ones in full, others as short as they can be read back,
/// "NaN", "+Inf", "-Inf".
std::string write_number(double value);

}  // namespace backstamp::metrics
