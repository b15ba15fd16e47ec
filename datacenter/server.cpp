#include "datacenter/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/alarm_board.h"
#include "base/file.h"
#include "base/http.h"
#include "datacenter/communication/api.h"
#include "datacenter/communication/postage_api.h"
#include "datacenter/functions/postage_desk.h"
#include "datacenter/key_publisher.h"
#include "datacenter/pages.h"
#include "datacenter/store/store.h"
#include "uplink/receiver.h"

namespace backstamp::datacenter {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kSweepAtOnce = 500;  // keeps the write lock short
constexpr auto kRoundsApart = 1000ms;
constexpr int kBindAttempts = 40;
constexpr auto kBindAttemptsApart = 50ms;
constexpr auto kBoxAsked = 10s;
constexpr auto kFiguresKept = 5s;    ///< for scrapes that follow each other closely
constexpr auto kLooksApart = 200ms;  ///< at the place where bundles are published

/// What one receiver counted since it was last asked.
std::vector<NamedCount> changes_since(const uplink::ReceiverCounters& before,
                                      const uplink::ReceiverCounters& now) {
  std::vector<NamedCount> changes;
  const auto add = [&](const char* name, std::uint64_t old_value, std::uint64_t value) {
    if (value > old_value) changes.push_back({name, static_cast<std::int64_t>(value - old_value)});
  };
  add("uplink_refused_handshakes", before.refused_handshakes, now.refused_handshakes);
  add("uplink_malformed", before.malformed, now.malformed);
  add("uplink_oversized", before.oversized, now.oversized);
  add("uplink_impostors", before.impostors, now.impostors);
  add("uplink_gaps", before.gaps, now.gaps);
  return changes;
}

}  // namespace

struct DataCenter::Impl {
  Config config;
  std::function<void(std::string)> log;
  AlarmSink alarm_sink;
  UniqueFd lock;
  std::unique_ptr<Store> store;
  std::unique_ptr<PostageDesk> desk;  ///< none without a meter box
  std::unique_ptr<http::Server> https;
  uplink::ReceiverOptions receiver_options;
  std::optional<KeyPublisher> keys;

  std::mutex receiver_mutex;
  std::optional<uplink::Receiver> receiver;
  uplink::ReceiverCounters counted;
  uplink::ReceiverCounters earlier;  ///< of the receivers before this one
  std::string endpoint;

  mutable std::mutex failure_mutex;
  std::optional<Error> failed;
  std::chrono::steady_clock::time_point last_complaint{};

  AlarmBoard alarms{[this](const Alarm& alarm) { tell(alarm); }};
  std::atomic<std::uint64_t> done_rounds{0};
  std::atomic<bool> box_reached{false};
  std::chrono::steady_clock::time_point box_asked{};  ///< the rounds' own
  std::mutex times_mutex;
  Histogram store_time;
  StoreFigures figures;  ///< and what follows: monitoring's own
  std::chrono::steady_clock::time_point figures_at{};
  Histogram read_time;

  std::mutex round_mutex;
  std::condition_variable_any next_round;
  std::jthread rounds;
  std::mutex look_mutex;
  std::condition_variable_any next_look;
  std::jthread looks;
  std::optional<Monitoring> monitoring;  ///< after all that it tells of

  ~Impl();
  Result<void> start();
  Result<void> connect_box();
  Result<void> open_keys();
  Result<void> start_receiver();
  Result<std::uint64_t> take(const uplink::EventBatch& batch);
  void note_failure(const std::string& what, const Error& error);
  void run_rounds(const std::stop_token& stop);
  void run_looks(const std::stop_token& stop);
  void sweep(const std::stop_token& stop);
  void keep_counters();
  Result<void> start_monitoring();
  void tell(const Alarm& alarm);
  void ask_box();
  void write_figures(metrics::Page& page);
  Health health();
};

DataCenter::Impl::~Impl() {
  monitoring.reset();
  for (std::jthread* thread : {&looks, &rounds}) {
    thread->request_stop();
    if (thread->joinable()) thread->join();
  }
  {
    const std::scoped_lock guard(receiver_mutex);
    receiver.reset();
  }
  if (https) https->stop();
}

Result<void> DataCenter::Impl::start() {
  auto locked = lock_file(config.database.string() + ".lock");
  if (!locked) return std::unexpected(locked.error());
  lock = std::move(*locked);
  auto opened = Store::open(config.database, DatabaseMode::existing);
  if (!opened) return std::unexpected(opened.error());
  store = std::move(*opened);
  if (auto connected = connect_box(); !connected) return connected;
  store->judge_duplicates_by(config.duplicates);

  auto curve = uplink::load_curve_keys(config.uplink.keys);
  if (!curve) return std::unexpected(curve.error());
  auto allowed = load_stations(config.uplink.stations);
  if (!allowed) return std::unexpected(allowed.error());
  receiver_options = {config.uplink.endpoint, std::move(*curve), std::move(*allowed), {}};
  if (auto opened_keys = open_keys(); !opened_keys) return opened_keys;

  http::ServerOptions options;
  options.address = config.https.address;
  options.port = config.https.port;
  options.certificate = config.https.certificate;
  options.private_key = config.https.private_key;
  https = std::make_unique<http::Server>(std::move(options));
  add_api_routes(*https, *store);
  add_postage_routes(*https, *store, desk.get());
  store->on_notices([this] { https->wake(); });
  if (auto started = https->start(); !started) return fail("https", started.error());
  if (auto started = start_receiver(); !started) return started;
  rounds = std::jthread([this](const std::stop_token& stop) { run_rounds(stop); });
  if (keys) looks = std::jthread([this](const std::stop_token& stop) { run_looks(stop); });
  return start_monitoring();
}

/// A box that is away is waited for; one that cannot show the newest state on record here was
/// rolled back, and then nothing may start: its tokens would be paid for twice.
Result<void> DataCenter::Impl::connect_box() {
  if (!config.meterbox) return {};
  desk = std::make_unique<PostageDesk>(*store, *config.meterbox);
  const auto connected = desk->connect();
  box_reached = connected.has_value();
  if (connected) return {};
  if (connected.error().kind != ErrorKind::unavailable) return connected;
  log(connected.error().message + "; no postage is dispensed until it is there");
  return {};
}

Result<void> DataCenter::Impl::open_keys() {
  if (!config.keys) return {};
  auto opened =
      KeyPublisher::open(*config.keys, config.database.parent_path() / "published-keys", log);
  if (!opened) return fail("keys", opened.error());
  keys.emplace(std::move(*opened));
  receiver_options.published =
      uplink::PublishedKeys{[this](const std::string&, const uplink::KeysHeldMessage& held) {
                              return keys->lacking(held);
                            },
                            [this] { return keys->time(utc_now()); }};
  return {};
}

void DataCenter::Impl::run_looks(const std::stop_token& stop) {
  std::unique_lock guard(look_mutex);
  while (!stop.stop_requested()) {
    if (keys->look()) {
      const std::scoped_lock publishing(receiver_mutex);
      if (receiver) receiver->publish();
    }
    next_look.wait_for(guard, stop, kLooksApart, [] { return false; });
  }
}

/// With `receiver_mutex` held, or before there are threads.
Result<void> DataCenter::Impl::start_receiver() {
  auto started = uplink::Receiver::start(
      receiver_options, [this](const uplink::EventBatch& batch) { return take(batch); });
  if (!started) return std::unexpected(started.error());
  receiver.emplace(std::move(*started));
  counted = {};
  endpoint = receiver->endpoint();
  return {};
}

Result<std::uint64_t> DataCenter::Impl::take(const uplink::EventBatch& batch) {
  const auto begin = std::chrono::steady_clock::now();
  auto position = store->store_batch(batch, utc_now());
  const auto took = std::chrono::steady_clock::now() - begin;
  {
    const std::scoped_lock guard(times_mutex);
    store_time.record_ns(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
  }
  if (!position) note_failure("events of station " + batch.station, position.error());
  // A batch that is no batch is its station's fault, and tells nothing of the database.
  const bool refused = !position && position.error().kind != ErrorKind::invalid;
  alarms.take({"events-not-stored", "database", refused, refused ? position.error().message : "",
               "free space on the database's disk; its stations keep the events"});
  return position;
}

void DataCenter::Impl::note_failure(const std::string& what, const Error& error) {
  const std::scoped_lock guard(failure_mutex);
  const auto now = std::chrono::steady_clock::now();
  if (now - last_complaint < 1s) return;
  last_complaint = now;
  log(what + " not stored: " + error.message);
}

void DataCenter::Impl::run_rounds(const std::stop_token& stop) {
  const auto waiting = std::chrono::duration_cast<std::chrono::milliseconds>(config.waiting_period);
  const auto apart = std::clamp<std::chrono::milliseconds>(waiting / 4, 100ms, kRoundsApart);
  std::unique_lock guard(round_mutex);
  while (!stop.stop_requested()) {
    sweep(stop);
    keep_counters();
    if (desk) {
      if (const auto left = desk->complete_open_orders(); !left) {
        note_failure("orders to the meter box", left.error());
      }
      ask_box();
    }
    ++done_rounds;
    next_round.wait_for(guard, stop, apart, [] { return false; });
  }
  keep_counters();
}

void DataCenter::Impl::sweep(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto swept = store->sweep(utc_now(), config.waiting_period, kSweepAtOnce);
    if (!swept) return note_failure("the end of the waiting period", swept.error());
    if (*swept < kSweepAtOnce) return;
  }
}

void DataCenter::Impl::keep_counters() {
  std::vector<NamedCount> changes;
  {
    const std::scoped_lock guard(receiver_mutex);
    if (!receiver) return;
    const uplink::ReceiverCounters now = receiver->counters();
    changes = changes_since(counted, now);
    counted = now;
  }
  if (changes.empty()) return;
  if (const auto kept = store->add_counters(changes); !kept) {
    note_failure("counters", kept.error());
  }
}

// ---- what those see who watch ------------------------------------------------------------------

Result<void> DataCenter::Impl::start_monitoring() {
  if (!config.monitoring) return {};
  auto started = Monitoring::start(
      *config.monitoring, [this](metrics::Page& page) { write_figures(page); },
      [this] { return health(); });
  if (!started) return std::unexpected(started.error());
  monitoring.emplace(*std::move(started));
  return {};
}

void DataCenter::Impl::tell(const Alarm& alarm) {
  if (alarm_sink) return alarm_sink(alarm);
  log("alarm " + alarm.name +
      (alarm.raised ? ": " + alarm.cause + "; " + alarm.remedy : std::string(" is over")));
}

void DataCenter::Impl::ask_box() {
  const auto now = std::chrono::steady_clock::now();
  if (now < box_asked + kBoxAsked) return;
  box_asked = now;
  const auto reached = desk->reach();
  box_reached = reached.has_value();
  alarms.take({"meterbox-lost", "meterbox", !reached.has_value(),
               reached ? "" : reached.error().message,
               "look at backstamp-meterbox and its HSM; no postage is dispensed meanwhile"});
}

void DataCenter::Impl::write_figures(metrics::Page& page) {
  const auto begin = std::chrono::steady_clock::now();
  if (begin >= figures_at + kFiguresKept) {
    if (auto read = store->figures()) figures = *std::move(read);
    figures_at = std::chrono::steady_clock::now();
    read_time.record_ns(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(figures_at - begin).count()));
  }
  add_metrics(page, figures, utc_now());
  uplink::ReceiverCounters received;
  {
    const std::scoped_lock guard(receiver_mutex);
    received = receiver ? earlier + receiver->counters() : earlier;
  }
  add_metrics(page, received);
  add_metrics(page, https->counters());
  OwnFigures own;
  {
    const std::scoped_lock guard(times_mutex);
    own.store_time = store_time;
  }
  own.read_time = read_time;
  own.has_box = desk != nullptr;
  own.box_reached = box_reached;
  own.keys_sequence = keys ? keys->sequence() : 0;
  add_metrics(page, own);
}

Health DataCenter::Impl::health() {
  std::optional<Error> broken = store->failure();
  {
    const std::scoped_lock guard(failure_mutex);
    if (failed) broken = failed;
  }
  alarms.take({"storage-failed", "database", broken.has_value(), broken ? broken->message : "",
               "it starts again by itself; look at the disk"});
  return {!broken.has_value(), broken ? "failed" : "serving", alarms.standing()};
}

DataCenter::DataCenter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataCenter::DataCenter(DataCenter&&) noexcept = default;
DataCenter& DataCenter::operator=(DataCenter&&) noexcept = default;
DataCenter::~DataCenter() = default;

Result<DataCenter> DataCenter::start(const Config& config, std::function<void(std::string)> log,
                                     AlarmSink alarms) {
  auto impl = std::make_unique<Impl>();
  impl->config = config;
  impl->log = std::move(log);
  impl->alarm_sink = std::move(alarms);
  if (auto started = impl->start(); !started) return std::unexpected(started.error());
  return DataCenter(std::move(impl));
}

std::string DataCenter::https_url() const {
  std::string host = impl_->config.https.address;
  if (host == "0.0.0.0" || host == "::") host = "localhost";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "https://" + host + ":" + std::to_string(impl_->https->port());
}

std::uint16_t DataCenter::monitoring_port() const {
  return impl_->monitoring ? impl_->monitoring->port() : std::uint16_t{0};
}

std::uint64_t DataCenter::progress() const {
  return impl_->done_rounds;
}

std::string DataCenter::uplink_endpoint() const {
  return impl_->endpoint;
}

Result<void> DataCenter::reload_stations() {
  auto allowed = load_stations(impl_->config.uplink.stations);
  if (!allowed) return std::unexpected(allowed.error());
  impl_->keep_counters();
  const std::scoped_lock guard(impl_->receiver_mutex);
  if (impl_->receiver) impl_->earlier = impl_->earlier + impl_->receiver->counters();
  impl_->receiver.reset();
  impl_->receiver_options.allowed = std::move(*allowed);
  impl_->receiver_options.endpoint = impl_->endpoint;
  for (int attempt = 1;; ++attempt) {
    auto started = impl_->start_receiver();
    if (started) return {};
    // The socket of the old receiver is closed in the background: the port is free soon.
    if (attempt == kBindAttempts) {
      const std::scoped_lock failing(impl_->failure_mutex);
      impl_->failed = started.error();
      return started;
    }
    std::this_thread::sleep_for(kBindAttemptsApart);
  }
}

std::optional<Error> DataCenter::failure() const {
  {
    const std::scoped_lock guard(impl_->failure_mutex);
    if (impl_->failed) return impl_->failed;
  }
  return impl_->store->failure();
}

}  // namespace backstamp::datacenter
