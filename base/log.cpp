#include "base/log.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log/format.h"
#include "base/log/outlet.h"

namespace backstamp {
namespace {

using namespace std::chrono_literals;

constexpr auto kReaderLimit = 1s;  ///< for one entry, and at the end for all that wait
constexpr auto kTellLossesApart = 1s;

constexpr std::array<std::string_view, 8> kSeverities = {
    "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"};
constexpr std::array<std::string_view, 4> kForms = {"auto", "journald", "rfc5424", "plain"};

template <typename Value, std::size_t kCount>
Result<Value> named(const std::array<std::string_view, kCount>& names, std::string_view name,
                    const char* what) {
  std::string all;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return static_cast<Value>(i);
    all += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  return fail(ErrorKind::invalid, std::string(what) + ": one of " + all + " is wanted, not \"" +
                                      std::string(name) + "\"");
}

/// Standard error is journald's own stream (systemd.exec(5), JOURNAL_STREAM).
bool is_journal_stream(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(descriptor, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

struct Logger::Impl {
  LogOptions options;
  std::string host = host_name();
  std::unique_ptr<log::Outlet> outlet;

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<log::Entry> queue;
  bool ending = false;
  SteadyTime end{};
  std::atomic<std::uint64_t> lost{0};
  std::uint64_t told = 0;  ///< of them; the writer's own
  SteadyTime told_at{};
  std::thread writer;

  void take(log::Entry entry);
  void run();
  bool put(const log::Entry& entry, SteadyTime deadline);
  void tell_losses(SteadyTime deadline);
};

void Logger::Impl::take(log::Entry entry) {
  {
    const std::lock_guard lock(mutex);
    if (queue.size() >= options.queue_limit) {
      ++lost;
      return;
    }
    queue.push_back(std::move(entry));
  }
  wake.notify_one();
}

bool Logger::Impl::put(const log::Entry& entry, SteadyTime deadline) {
  const std::string text =
      options.form == LogForm::journald  ? log::journal_entry(entry, options.program)
      : options.form == LogForm::rfc5424 ? log::rfc5424_line(entry, options.program, host, getpid())
                                         : log::plain_line(entry);
  return outlet->write(text, deadline).has_value();
}

/// As soon as something can be written again, and once a second at most.
void Logger::Impl::tell_losses(SteadyTime deadline) {
  const std::uint64_t now_lost = lost;
  const auto now = std::chrono::steady_clock::now();
  if (now_lost == told || now > deadline || now < told_at + kTellLossesApart) return;
  told_at = now;
  const std::string count = std::to_string(now_lost - told);
  const auto entry = log::make_entry(utc_now(), Severity::warning, "log-lost",
                                     count + " messages of the log were lost: its reader is slow",
                                     {{"count", count}});
  if (put(entry, deadline)) told = now_lost;
}

void Logger::Impl::run() {
  sigset_t pipe;  // a reader that went away is an error of write(), no signal
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  std::unique_lock lock(mutex);
  for (;;) {
    wake.wait(lock, [this] { return ending || !queue.empty(); });
    if (queue.empty()) break;
    const log::Entry entry = std::move(queue.front());
    queue.pop_front();
    const auto deadline = ending ? end : std::chrono::steady_clock::now() + kReaderLimit;
    lock.unlock();
    if (std::chrono::steady_clock::now() < deadline && put(entry, deadline)) {
      tell_losses(deadline);
    } else {
      ++lost;
    }
    lock.lock();
  }
  lock.unlock();
  told_at = {};
  tell_losses(end);
}

Logger::Logger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Logger::Logger(Logger&&) noexcept = default;
Logger& Logger::operator=(Logger&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

Logger::~Logger() {
  if (!impl_) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
    impl_->end = std::chrono::steady_clock::now() + kReaderLimit;
  }
  impl_->wake.notify_one();
  impl_->writer.join();
}

Result<Logger> Logger::open(LogOptions options) {
  auto impl = std::make_unique<Impl>();
  const bool journal = options.form == LogForm::journald || (options.form == LogForm::automatic &&
                                                             is_journal_stream(options.descriptor));
  if (journal) {
    auto opened = log::open_journal(options.journal);
    if (opened) {
      impl->outlet = std::move(*opened);
    } else if (options.form == LogForm::journald) {
      return std::unexpected(opened.error());
    }
  }
  if (impl->outlet) {
    options.form = LogForm::journald;
  } else {
    impl->outlet = log::open_stream(options.descriptor);
    if (options.form == LogForm::automatic) options.form = LogForm::plain;
  }
  impl->options = std::move(options);
  impl->writer = std::thread([raw = impl.get()] { raw->run(); });
  return Logger(std::move(impl));
}

Result<Logger> Logger::open(std::string program, LogForm form, Severity least) {
  LogOptions options;
  options.program = std::move(program);
  options.form = form;
  options.least = least;
  return open(std::move(options));
}

void Logger::write(Severity severity, std::string_view id, std::string_view message,
                   const LogFields& fields) const {
  if (severity > impl_->options.least) return;
  impl_->take(log::make_entry(utc_now(), severity, id, message, fields));
}

void Logger::write(const Alarm& alarm) const {
  LogFields fields{{"source", alarm.source}, {"state", alarm.raised ? "raised" : "over"}};
  if (alarm.raised) fields.emplace_back("remedy", alarm.remedy);
  const std::string text = alarm.raised ? alarm.source + ": " + alarm.cause
                                        : alarm.source + ": " + alarm.name + " is over";
  write(alarm.raised ? Severity::warning : Severity::notice, alarm.name, text, fields);
}

std::uint64_t Logger::lost() const {
  return impl_->lost;
}

LogForm Logger::form() const {
  return impl_->options.form;
}

Result<LogForm> parse_log_form(std::string_view name) {
  return named<LogForm>(kForms, name, "log form");
}

std::string_view to_string(LogForm form) {
  return kForms[static_cast<std::size_t>(form)];
}

Result<Severity> parse_severity(std::string_view name) {
  return named<Severity>(kSeverities, name, "severity");
}

std::string_view to_string(Severity severity) {
  return kSeverities[static_cast<std::size_t>(severity)];
}

}  // namespace backstamp
