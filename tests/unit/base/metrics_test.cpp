#include "base/metrics.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <sstream>

namespace {

using backstamp::Histogram;
using namespace backstamp::metrics;

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// A second reading of the format, from its description: name{label="value",…} number.
Sample parse_sample(const std::string& line) {
  Sample sample;
  std::size_t at = line.find_first_of("{ ");
  REQUIRE(at != std::string::npos);
  sample.name = line.substr(0, at);
  if (line[at] == '{') {
    ++at;
    while (line[at] != '}') {
      const std::size_t equals = line.find('=', at);
      const std::string label = line.substr(at, equals - at);
      REQUIRE(line[equals + 1] == '"');
      std::string value;
      for (at = equals + 2; line[at] != '"'; ++at) {
        if (line[at] != '\\') {
          value += line[at];
          continue;
        }
        ++at;
        value += line[at] == 'n' ? '\n' : line[at];
      }
      ++at;
      if (line[at] == ',') ++at;
      REQUIRE(sample.labels.emplace(label, value).second);
    }
    ++at;
  }
  REQUIRE(line[at] == ' ');
  const std::string number = line.substr(at + 1);
  sample.value = std::strtod(number.c_str(), nullptr);
  return sample;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a page has each family once, with its samples below it") {
  Page page;
  page.counter("a_total", "Pieces.", {{"lane", "1"}}, 3);
  page.gauge("b", "Two\nlines \\ of \"help\".", {}, -0.5);
  page.counter("a_total", "Pieces.", {{"lane", "2"}}, 4);
  CHECK(page.text() ==
        "# HELP a_total Pieces.\n"
        "# TYPE a_total counter\n"
        "a_total{lane=\"1\"} 3\n"
        "a_total{lane=\"2\"} 4\n"
        "# HELP b Two\\nlines \\\\ of \"help\".\n"
        "# TYPE b gauge\n"
        "b -0.5\n");
}

TEST_CASE("any text is a label's value and comes back as it was") {
  std::mt19937_64 random(11);
  const std::string letters = "ab\\\"\n{},= \t}\xC3\xA9";
  for (int round = 0; round < 2'000; ++round) {
    std::string value;
    for (std::size_t i = random() % 20; i > 0; --i) value += letters[random() % letters.size()];
    if (value.find('\xC3') != std::string::npos || value.find('\xA9') != std::string::npos) {
      value = "\xC3\xA9 \\n";  // halves of a character are another case, below
    }
    Page page;
    page.gauge("g", "Help.", {{"first", value}, {"second", "x"}}, 1);
    const auto lines = lines_of(page.text());
    REQUIRE(lines.size() == 3);
    const Sample sample = parse_sample(lines[2]);
    CHECK(sample.labels.at("first") == value);
    CHECK(sample.labels.at("second") == "x");
  }
}

TEST_CASE("bytes that are no UTF-8 become text that is") {
  Page page;
  page.gauge("g", "Help.", {{"l", "\xFF\xC3"}}, 1);
  CHECK(page.text().find("l=\"\xC3\xBF\xC3\x83\"") != std::string::npos);
}

TEST_CASE("numbers are read back as they were") {
  CHECK(write_number(0) == "0");
  CHECK(write_number(-7) == "-7");
  CHECK(write_number(9007199254740991.0) == "9007199254740991");
  CHECK(write_number(0.005) == "0.005");
  CHECK(write_number(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(write_number(-std::numeric_limits<double>::infinity()) == "-Inf");
  CHECK(write_number(std::numeric_limits<double>::quiet_NaN()) == "NaN");
  std::mt19937_64 random(12);
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    CHECK(std::strtod(write_number(value).c_str(), nullptr) == value);
  }
}

TEST_CASE("a histogram's buckets add up, none counts more than lies under its bound") {
  std::mt19937_64 random(13);
  Histogram values;
  std::vector<double> seconds;
  for (int i = 0; i < 3'000; ++i) {
    const std::uint64_t value = random() % 400'000'000;
    values.record_ns(value);
    seconds.push_back(static_cast<double>(value) / 1e9);
  }
  const std::vector<double> bounds = {0.001, 0.005, 0.025, 0.1, 0.25, 1};
  Page page;
  page.histogram("h_seconds", "Help.", {{"lane", "1"}}, values, bounds);
  double before = 0;
  std::size_t buckets = 0;
  double counted = -1;
  double sum = -1;
  for (const std::string& line : lines_of(page.text())) {
    if (line[0] == '#') continue;
    const Sample sample = parse_sample(line);
    CHECK(sample.labels.at("lane") == "1");
    if (sample.name == "h_seconds_bucket") {
      const std::string& le = sample.labels.at("le");
      const double bound = le == "+Inf" ? INFINITY : std::strtod(le.c_str(), nullptr);
      const auto under = static_cast<double>(
          std::count_if(seconds.begin(), seconds.end(), [&](double s) { return s <= bound; }));
      CHECK(sample.value >= before);
      CHECK(sample.value <= under);
      before = sample.value;
      ++buckets;
    }
    if (sample.name == "h_seconds_count") counted = sample.value;
    if (sample.name == "h_seconds_sum") sum = sample.value;
  }
  CHECK(buckets == bounds.size() + 1);
  CHECK(before == 3'000);
  CHECK(counted == 3'000);
  CHECK(std::fabs(sum - values.mean_ns() * 3'000 / 1e9) < 1e-6);
}
