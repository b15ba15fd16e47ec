// Structured log lines: to journald where it listens, else RFC 5424 or plain text.
#pragma once

#include <cstdint>
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

/// Thread-safe; never waits for a slow reader longer than a moment: lines that cannot be written
/// are counted and told of later.
class Logger {
 public:
  /// `program` is "backstamp-station"; `least` leaves out what matters less. Fails (invalid) when
  /// the form cannot be had here.
  static Result<Logger> open(std::string program, LogForm form, Severity least = Severity::info);

  /// `id` names the kind of message for machines ([a-z-]); fields have names of [a-z_].
  void write(Severity severity, std::string_view id, std::string_view message,
             const LogFields& fields = {}) const;
  /// An alarm that was raised (warning) or is over (notice).
  void write(const Alarm& alarm) const;
  std::uint64_t lost() const;

  Logger(Logger&&) noexcept;
  Logger& operator=(Logger&&) noexcept;
  ~Logger();

 private:
  struct Impl;
  explicit Logger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

Result<LogForm> parse_log_form(std::string_view name);  ///< "auto", "journald", "rfc5424", "plain"

}  // namespace backstamp
