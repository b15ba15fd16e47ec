// Strict YAML: a configuration is read whole or refused with every fault named.
//
// A reader asks for the keys it knows; what it did not ask for is unknown and refused. Each fault
// is one line: `station.yaml:12: uplink.endpoint: wanted tcp://HOST:PORT, found "tcp:/hub"`.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace backstamp::yaml {

struct State;  // the parsed file and the faults found so far (private)

/// One mapping of the file, read key by key. Every read that fails notes a fault and returns a
/// harmless value, so that one run reports all faults. Borrowed from its Document; thread-bound.
class Section {
 public:
  /// Whether the key is there; from now on it counts as known.
  bool has(std::string_view key) const;

  /// Text of 1 to `limit_bytes` bytes, without control characters but tabs and line feeds. Without
  /// a default the key is required.
  std::string text(std::string_view key, std::size_t limit_bytes = 4096);
  std::string text_or(std::string_view key, std::string fallback, std::size_t limit_bytes = 4096);
  /// A whole number in [minimum, maximum].
  std::int64_t integer(std::string_view key, std::int64_t minimum, std::int64_t maximum);
  std::int64_t integer_or(std::string_view key, std::int64_t fallback, std::int64_t minimum,
                          std::int64_t maximum);
  /// A finite number in [minimum, maximum].
  double number(std::string_view key, double minimum, double maximum);
  double number_or(std::string_view key, double fallback, double minimum, double maximum);
  /// true or false, nothing else.
  bool flag_or(std::string_view key, bool fallback);
  /// A duration with its unit, "250us", "60ms", "3s", "10min", "72h", "45d", in a range.
  std::chrono::microseconds duration(std::string_view key, std::chrono::microseconds minimum,
                                     std::chrono::microseconds maximum);
  std::chrono::microseconds duration_or(std::string_view key, std::chrono::microseconds fallback,
                                        std::chrono::microseconds minimum,
                                        std::chrono::microseconds maximum);
  /// One of `choices`, returned as its index.
  std::size_t choice(std::string_view key, std::span<const std::string_view> choices);
  std::size_t choice_or(std::string_view key, std::size_t fallback,
                        std::span<const std::string_view> choices);
  /// A path; a relative one is taken from the folder of the configuration file.
  std::filesystem::path path(std::string_view key);
  std::optional<std::filesystem::path> path_if(std::string_view key);
  /// A list of texts (required, may be empty).
  std::vector<std::string> texts(std::string_view key, std::size_t limit_entries = 1024);
  /// A mapping under this key. `section` requires it; `section_if` gives none when it is absent.
  Section section(std::string_view key);
  std::optional<Section> section_if(std::string_view key);
  /// A list of mappings; empty when the key is absent.
  std::vector<Section> sections(std::string_view key, std::size_t limit_entries = 4096);

  /// Notes a fault of the caller's own at this key: what was wanted; what was found is added.
  /// A value that has its fault already, or that lies in a section that is missing, gets none.
  void refuse(std::string_view key, std::string wanted);

 private:
  friend class Document;
  Section(std::shared_ptr<State> state, std::size_t node) : state_(std::move(state)), node_(node) {}
  std::shared_ptr<State> state_;
  std::size_t node_;
};

/// A parsed file. Usage: load, read sections, then `finish()`, which fails with all faults.
class Document {
 public:
  /// Fails: not_found, io, limit (limits::kConfigFileBytes), invalid (not YAML, not a mapping).
  static Result<Document> load(const std::filesystem::path& path);
  /// `name` stands for the file name in messages; relative paths are taken from `folder`.
  static Result<Document> parse(std::string_view text, std::string name,
                                std::filesystem::path folder = {});
  Section root();
  /// Success when every key was known, single and in range; else Error{invalid} with one line a
  /// fault, in the order of the file.
  Result<void> finish();

 private:
  std::shared_ptr<State> state_;
};

}  // namespace backstamp::yaml
