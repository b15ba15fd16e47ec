// Structured log lines: to journald where it listens, else RFC 5424 or plain text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/alarm.h"
#include "base/error.h"

namespace backstamp {

/// RFC 5424, table 2.
enum class Severity : std::uint8_t {
  emergency = 0,
  alert = 1,
  critical = 2,
  error = 3,
  warning = 4,
  notice = 5,
  info = 6,
  debug = 7,
};

using LogFields = std::vector<std::pair<std::string, std::string>>;

enum class LogForm {
  automatic,  ///< journald when standard error is its stream (JOURNAL_STREAM), else plain
  journald,   ///< its native protocol
  rfc5424,    ///< to standard error, one line a message
  plain,      ///< to standard error, for people: time, severity, text, fields
};

struct LogOptions {
  std::string program;  ///< "backstamp-station"
  LogForm form = LogForm::automatic;
  Severity least = Severity::info;  ///< what matters less is left out
  std::filesystem::path journal = "/run/systemd/journal/socket";
  int descriptor = 2;  ///< where lines go; borrowed
  /// Entries that may wait for a slow reader; further ones are lost.
  std::size_t queue_limit = 1024;
};

/// Thread-safe. Never waits: a thread of its own writes, from a queue that is bounded; what finds
/// it full, and what a reader refuses, is counted, and told of as soon as lines can be written
/// again. A message is at most 256 KiB, a field's value 64 KiB: what is longer is cut and marked
/// so.
class Logger {
 public:
  /// Fails (unavailable) when journald is asked for by name and does not listen here.
  static Result<Logger> open(LogOptions options);
  static Result<Logger> open(std::string program, LogForm form, Severity least = Severity::info);

  /// `id` names the kind of message for machines ([a-z-]); fields have names of [a-z_].
  void write(Severity severity, std::string_view id, std::string_view message,
             const LogFields& fields = {}) const;
  /// An alarm that was raised (warning) or is over (notice).
  void write(const Alarm& alarm) const;
  std::uint64_t lost() const;
  /// What `automatic` came to.
  LogForm form() const;

  Logger(Logger&&) noexcept;
  Logger& operator=(Logger&&) noexcept;
  ~Logger();  ///< writes what waits; gives up after a second on a reader that does not read

 private:
  struct Impl;
  explicit Logger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

Result<LogForm> parse_log_form(std::string_view name);  ///< "auto", "journald", "rfc5424", "plain"
std::string_view to_string(LogForm form);
/// "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug".
Result<Severity> parse_severity(std::string_view name);
std::string_view to_string(Severity severity);

}  // namespace backstamp
