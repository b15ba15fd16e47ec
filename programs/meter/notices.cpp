// notices: the data center's news of the meter's pieces, as they come.
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/file.h"
#include "base/process.h"
#include "programs/command_line.h"
#include "programs/meter/commands.h"

namespace backstamp::programs::meter_commands {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kQuiet{1500};  ///< without --follow: no more is there
constexpr std::chrono::milliseconds kReconnect{1000};
constexpr std::chrono::milliseconds kSaveEvery{200};

/// The number of the last notice that was shown, kept beside the vault. It is saved now and then
/// and at the end: after a crash some notices are shown again, none is left out.
class LastNotice {
 public:
  explicit LastNotice(const std::string& folder)
      : path_(std::filesystem::path(folder) / "notices.last") {}

  Result<std::uint64_t> load() {
    const auto content = read_file(path_, 64);
    if (!content && content.error().kind == ErrorKind::not_found) return 0u;
    if (!content) return std::unexpected(content.error());
    const std::string_view text = as_text(*content);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number_);
    if (error != std::errc() || std::string_view(end, text.data() + text.size()) != "\n") {
      return fail(ErrorKind::invalid, path_.string() +
                                          ": a number is wanted; remove the file to "
                                          "see all notices again");
    }
    saved_ = number_;
    return number_;
  }
  void shown(std::uint64_t number) {
    number_ = number;
    if (steady_clock::now() - saved_at_ >= kSaveEvery) (void)save();
  }
  Result<void> save() {
    if (number_ == saved_) return {};
    saved_at_ = steady_clock::now();
    auto written = write_file_durably(path_, as_bytes(std::to_string(number_) + "\n"));
    if (written) saved_ = number_;
    return written;
  }
  std::uint64_t number() const { return number_; }

 private:
  std::filesystem::path path_;
  std::uint64_t number_ = 0;
  std::uint64_t saved_ = 0;
  steady_clock::time_point saved_at_ = steady_clock::now();
};

/// Requests a stop at a deadline that can be put off.
class Deadline {
 public:
  Deadline(std::stop_source& source, std::optional<steady_clock::duration> after)
      : source_(source) {
    if (!after) return;
    at_ = steady_clock::now() + *after;
    thread_ = std::jthread([this](std::stop_token ended) { run(ended); });
  }
  void put_off(steady_clock::duration after) {
    const std::lock_guard lock(mutex_);
    at_ = steady_clock::now() + after;
  }

 private:
  void run(std::stop_token ended) {
    std::unique_lock lock(mutex_);
    while (!ended.stop_requested()) {
      if (steady_clock::now() >= at_) {
        source_.request_stop();
        return;
      }
      const auto until = at_;
      changed_.wait_until(lock, ended, until, [] { return false; });
    }
  }
  std::stop_source& source_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  steady_clock::time_point at_;
  std::jthread thread_;
};

void show(const meter::Notice& notice, bool json) {
  if (json) {
    std::printf("%s\n", meter::to_json(notice).c_str());
  } else {
    const std::string reason = notice.reason == "none" ? "" : "  (" + notice.reason + ")";
    const std::string station = notice.station.empty() ? "" : "  at " + notice.station;
    std::printf("%llu  %s  %-9s %s%s%s\n", static_cast<unsigned long long>(notice.number),
                format_utc(notice.at).c_str(), notice.event.c_str(), notice.code.c_str(),
                station.c_str(), reason.c_str());
  }
  std::fflush(stdout);
}

/// Waits, unless a stop comes first.
void pause(std::chrono::milliseconds time, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
}

std::optional<steady_clock::duration> seconds_or_none(double seconds) {
  if (seconds <= 0) return {};
  return std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

int notices(const NoticesOptions& options) {
  std::stop_source& stop = stop_on_signals();
  auto data_center = data_center_of(options.folder);
  if (!data_center) return failed("meter", data_center.error());
  renew(options.folder);
  LastNotice last(options.folder);
  if (const auto loaded = last.load(); !loaded) return failed("meter", loaded.error());

  const Deadline timeout(stop, seconds_or_none(options.timeout_s));
  const bool until_quiet = !options.follow && options.until_count == 0;
  std::optional<Deadline> quiet;
  if (until_quiet) quiet.emplace(stop, kQuiet);
  std::uint64_t count = 0;
  const auto on_notice = [&](const meter::Notice& notice) {
    show(notice, options.json);
    last.shown(notice.number);
    if (quiet) quiet->put_off(kQuiet);
    ++count;
    return (options.until_count == 0 || count < options.until_count) && !stop.stop_requested();
  };
  const auto enough = [&] { return options.until_count > 0 && count >= options.until_count; };
  Result<void> result;
  while (!stop.stop_requested() && !enough()) {
    result = data_center->follow(last.number(), on_notice, stop.get_token());
    const bool lost = !result && (result.error().kind == ErrorKind::unavailable ||
                                  result.error().kind == ErrorKind::timeout);
    if (!result && (!lost || until_quiet)) break;
    if (stop.stop_requested() || enough()) break;
    pause(kReconnect, stop.get_token());
  }
  if (const auto saved = last.save(); !saved) return failed("meter", saved.error());
  if (!result && !stop.stop_requested()) {
    const auto asked = data_center->totals();  // says more of a refusal than a stream can
    return failed("meter", asked ? result.error() : asked.error());
  }
  if (options.until_count > 0 && !enough()) {
    return failed("meter",
                  {ErrorKind::timeout, "only " + std::to_string(count) + " of " +
                                           std::to_string(options.until_count) + " notices came"});
  }
  return kDone;
}

}  // namespace backstamp::programs::meter_commands
