#include "base/monitoring.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"
#include "base/http.h"

namespace backstamp {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kConnections = 32;
constexpr std::chrono::seconds kIdle{120};  // a scraper comes once a minute at the least

Json alarms_json(const std::vector<StandingAlarm>& alarms) {
  Json list = Json::array();
  for (const StandingAlarm& one : alarms) {
    list.push_back({{"name", one.alarm.name},
                    {"source", one.alarm.source},
                    {"cause", one.alarm.cause},
                    {"remedy", one.alarm.remedy},
                    {"since", format_utc(one.since)}});
  }
  return list;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// The numbers of /proc/self/stat after the name of the program, which may hold anything.
std::vector<double> process_stat() {
  std::ifstream in("/proc/self/stat");
  std::string text;
  std::getline(in, text);
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos || end + 4 > text.size()) return {};
  std::istringstream rest(text.substr(end + 4));  // past the state, one letter
  std::vector<double> numbers;
  for (double number = 0; rest >> number;) numbers.push_back(number);
  return numbers;
}

double seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double now_by(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return seconds(time);
}

}  // namespace

void process_metrics(metrics::Page& page) {
  page.counter("process_cpu_seconds_total", "Processor time used by this process.", {},
               now_by(CLOCK_PROCESS_CPUTIME_ID));
  const std::vector<double> stat = process_stat();
  if (stat.size() > 20) {  // counted from field 4 of proc(5)
    page.gauge("process_threads", "Threads of this process.", {}, stat[16]);
    const double age =
        now_by(CLOCK_BOOTTIME) - stat[18] / static_cast<double>(sysconf(_SC_CLK_TCK));
    page.gauge("process_start_time_seconds", "When this process began, in seconds since 1970.", {},
               now_by(CLOCK_REALTIME) - age);
    page.gauge("process_resident_memory_bytes", "Memory of this process that is in RAM.", {},
               stat[20] * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
  std::error_code error;
  double open = -1;  // the listing itself has one
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error)) {
    ++open;
  }
  if (!error) page.gauge("process_open_fds", "File descriptors that are open.", {}, open);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    page.gauge("process_max_fds", "File descriptors that may be open.", {},
               static_cast<double>(limit.rlim_cur));
  }
}

MonitoringConfig read_monitoring(yaml::Section section) {
  MonitoringConfig config;
  config.address = section.text_or("address", config.address, 64);
  config.port = static_cast<std::uint16_t>(section.integer("port", 0, 65535));
  config.plain_anywhere = section.flag_or("plain_anywhere", false);
  const bool loopback = config.address.starts_with("127.") || config.address == "::1";
  if (!loopback && !config.plain_anywhere) {
    section.refuse("address", "wanted 127.0.0.1 or ::1, or plain_anywhere: true with it");
  }
  return config;
}

std::string health_to_json(const Health& health) {
  return dump({{"ok", health.ok}, {"state", health.state}, {"alarms", alarms_json(health.alarms)}});
}

struct Monitoring::Impl {
  explicit Impl(http::ServerOptions options) : server(std::move(options)) {}
  Figures figures;
  std::function<Health()> health;
  http::Server server;  // after what its handlers use

  void add_routes();
};

void Monitoring::Impl::add_routes() {
  server.route("GET", "/metrics", [this](const http::Request&) {
    metrics::Page page;
    figures(page);
    for (const StandingAlarm& one : health().alarms) {
      page.gauge("backstamp_alarm", "1 for each alarm that stands.",
                 {{"name", one.alarm.name}, {"source", one.alarm.source}}, 1);
    }
    process_metrics(page);
    http::Response response;
    response.content_type = metrics::Page::kContentType;
    response.body = page.text();
    return response;
  });
  server.route("GET", "/healthz", [this](const http::Request&) {
    const Health now = health();
    http::Response response;
    response.status = now.ok ? 200 : 503;
    response.body = health_to_json(now);
    return response;
  });
  server.route("GET", "/alarms", [this](const http::Request&) {
    http::Response response;
    response.body = dump(alarms_json(health().alarms));
    return response;
  });
}

Monitoring::Monitoring(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Monitoring::Monitoring(Monitoring&&) noexcept = default;
Monitoring& Monitoring::operator=(Monitoring&&) noexcept = default;
Monitoring::~Monitoring() = default;

Result<Monitoring> Monitoring::start(const MonitoringConfig& config, Figures figures,
                                     std::function<Health()> health) {
  http::ServerOptions options;
  options.address = config.address;
  options.port = config.port;
  options.plain_anywhere = config.plain_anywhere;
  options.threads = 1;
  options.connections_limit = kConnections;
  options.idle_timeout = kIdle;
  auto impl = std::make_unique<Impl>(std::move(options));
  impl->figures = std::move(figures);
  impl->health = std::move(health);
  impl->add_routes();
  if (auto started = impl->server.start(); !started) return fail("monitoring", started.error());
  return Monitoring(std::move(impl));
}

std::uint16_t Monitoring::port() const {
  return impl_->server.port();
}

}  // namespace backstamp
