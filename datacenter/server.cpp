#include "datacenter/server.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/http.h"
#include "datacenter/communication/api.h"
#include "datacenter/key_publisher.h"
#include "datacenter/store/store.h"
#include "uplink/receiver.h"

namespace backstamp::datacenter {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kSweepAtOnce = 500;  // keeps the write lock short
constexpr auto kRoundsApart = 1000ms;
constexpr int kBindAttempts = 40;
constexpr auto kBindAttemptsApart = 50ms;
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
  UniqueFd lock;
  std::unique_ptr<Store> store;
  std::unique_ptr<http::Server> https;
  uplink::ReceiverOptions receiver_options;
  std::optional<KeyPublisher> keys;

  std::mutex receiver_mutex;
  std::optional<uplink::Receiver> receiver;
  uplink::ReceiverCounters counted;
  std::string endpoint;

  mutable std::mutex failure_mutex;
  std::optional<Error> failed;
  std::chrono::steady_clock::time_point last_complaint{};

  std::mutex round_mutex;
  std::condition_variable_any next_round;
  std::jthread rounds;
  std::mutex look_mutex;
  std::condition_variable_any next_look;
  std::jthread looks;

  ~Impl();
  Result<void> start();
  Result<void> open_keys();
  Result<void> start_receiver();
  Result<std::uint64_t> take(const uplink::EventBatch& batch);
  void note_failure(const std::string& what, const Error& error);
  void run_rounds(const std::stop_token& stop);
  void run_looks(const std::stop_token& stop);
  void sweep(const std::stop_token& stop);
  void keep_counters();
};

DataCenter::Impl::~Impl() {
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
  store->on_notices([this] { https->wake(); });
  if (auto started = https->start(); !started) return fail("https", started.error());
  if (auto started = start_receiver(); !started) return started;
  rounds = std::jthread([this](const std::stop_token& stop) { run_rounds(stop); });
  if (keys) looks = std::jthread([this](const std::stop_token& stop) { run_looks(stop); });
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
  auto position = store->store_batch(batch, utc_now());
  if (!position) note_failure("events of station " + batch.station, position.error());
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

DataCenter::DataCenter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataCenter::DataCenter(DataCenter&&) noexcept = default;
DataCenter& DataCenter::operator=(DataCenter&&) noexcept = default;
DataCenter::~DataCenter() = default;

Result<DataCenter> DataCenter::start(const Config& config, std::function<void(std::string)> log) {
  auto impl = std::make_unique<Impl>();
  impl->config = config;
  impl->log = std::move(log);
  if (auto started = impl->start(); !started) return std::unexpected(started.error());
  return DataCenter(std::move(impl));
}

std::string DataCenter::https_url() const {
  std::string host = impl_->config.https.address;
  if (host == "0.0.0.0" || host == "::") host = "localhost";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "https://" + host + ":" + std::to_string(impl_->https->port());
}

std::string DataCenter::uplink_endpoint() const {
  return impl_->endpoint;
}

Result<void> DataCenter::reload_stations() {
  auto allowed = load_stations(impl_->config.uplink.stations);
  if (!allowed) return std::unexpected(allowed.error());
  impl_->keep_counters();
  const std::scoped_lock guard(impl_->receiver_mutex);
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
