// Figures for monitoring, as Prometheus reads them: text exposition format 0.0.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace backstamp::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Collects one scrape: families in the order of their first mention, every sample beside its
/// family. Names follow the rules of Prometheus ("backstamp_pieces_total", base units, seconds).
class Page {
 public:
  void counter(std::string_view name, std::string_view help, const Labels& labels, double value);
  void gauge(std::string_view name, std::string_view help, const Labels& labels, double value);
  /// A histogram in seconds with the buckets given (upper bounds, ascending, without +Inf).
  void histogram(std::string_view name, std::string_view help, const Labels& labels,
                 const Histogram& values, const std::vector<double>& bounds_seconds);
  std::string text() const;

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

}  // namespace backstamp::metrics
