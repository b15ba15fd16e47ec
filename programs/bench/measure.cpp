#include "programs/bench/measure.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "datasets/dataset.h"
#include "station/lane.h"
#include "uplink/event_log.h"
#include "vision/decode_pool.h"

namespace backstamp::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t since_ns(Clock::time_point start) {
  return static_cast<std::uint64_t>((Clock::now() - start) / std::chrono::nanoseconds(1));
}

double rate(std::uint64_t count, Clock::time_point start) {
  return static_cast<double>(count) / std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> truth_of(const datasets::Sample& sample) {
  std::vector<std::string> contents;
  const Bytes* truth = sample.part("json");
  if (truth == nullptr) return contents;
  const auto json = nlohmann::json::parse(as_text(*truth), nullptr, false);
  if (!json.is_object() || !json.contains("symbols")) return contents;
  for (const auto& symbol : json["symbols"]) contents.push_back(symbol.value("hex", ""));
  return contents;
}

postal::Token sample_token(std::uint64_t counter) {
  postal::Token token;
  token.identity = {1, 42, counter};
  token.postage.mills = 406;
  token.mailed = utc_date(utc_now());
  token.service = 270;
  token.code = postal::Imb::parse("0027012345600000000112345678901").value();
  return token;
}

/// Feeds pictures in memory again and again, as a camera would.
class MemorySource final : public vision::FrameSource {
 public:
  MemorySource(const Pictures& pictures, unsigned rounds)
      : pictures_(pictures), left_(pictures.frames.size() * rounds) {}

  Result<std::optional<vision::Capture>> next() override {
    if (left_ == 0) return std::nullopt;
    --left_;
    const vision::ImageView view = pictures_.frames[piece_ % pictures_.frames.size()].view();
    vision::Capture capture;
    capture.piece = ++piece_;
    capture.frame = vision::Frame(view.width_px, view.height_px);
    for (int y = 0; y < view.height_px; ++y) {
      std::memcpy(capture.frame.row(y), view.row(y), static_cast<std::size_t>(view.width_px));
    }
    return capture;
  }
  Result<void> resume_after(std::uint64_t) override { return {}; }

 private:
  const Pictures& pictures_;
  std::size_t left_;
  std::uint64_t piece_ = 0;
};

/// Notes when each sequence was begun, and how long it took until it was committed.
class CommitWatch {
 public:
  CommitWatch(const uplink::EventLog& log, Histogram& times) : log_(log), times_(times) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  void begun(std::uint64_t sequence, Clock::time_point when) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace_back(sequence, when);
  }
  /// Waits for the last one.
  void finish() {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) break;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    thread_.request_stop();
    thread_.join();
  }

 private:
  void run(const std::stop_token& stop) {
    std::uint64_t seen = 0;
    while (!stop.stop_requested()) {
      if (!log_.wait_beyond(seen, std::chrono::milliseconds(50))) continue;
      seen = log_.committed();
      const auto now = Clock::now();
      const std::lock_guard lock(mutex_);
      while (!waiting_.empty() && waiting_.front().first <= seen) {
        times_.record_ns(static_cast<std::uint64_t>((now - waiting_.front().second).count()));
        waiting_.pop_front();
      }
    }
  }

  const uplink::EventLog& log_;
  Histogram& times_;
  std::mutex mutex_;
  std::deque<std::pair<std::uint64_t, Clock::time_point>> waiting_;
  std::jthread thread_;
};

Result<uplink::EventLog> open_log(const std::filesystem::path& directory) {
  uplink::EventLogOptions options;
  options.directory = directory;
  options.station = "bench";
  return uplink::EventLog::open(std::move(options));
}

}  // namespace

Result<Pictures> load_pictures(const std::filesystem::path& dataset, std::size_t limit) {
  auto reader = datasets::DatasetReader::open(dataset);
  if (!reader) return std::unexpected(reader.error());
  auto pool = vision::DecodePool::start({});
  if (!pool) return std::unexpected(pool.error());
  Pictures pictures;
  while (pictures.frames.size() < limit) {
    auto sample = reader->next();
    if (!sample) return std::unexpected(sample.error());
    if (!*sample) break;
    const Bytes* file = (*sample)->picture();
    if (file == nullptr) continue;
    auto frame = pool->unpack(*file, Clock::now() + std::chrono::seconds(10));
    if (!frame) return fail((*sample)->key, frame.error());
    pictures.frames.push_back(std::move(*frame));
    pictures.truth_hex.push_back(truth_of(**sample));
  }
  if (pictures.frames.empty()) {
    return fail(ErrorKind::invalid, dataset.string() + ": holds no pictures");
  }
  return pictures;
}

Result<Stage> measure_read(const Pictures& pictures, unsigned rounds) {
  auto pool = vision::DecodePool::start({});
  if (!pool) return std::unexpected(pool.error());
  Stage stage{"read", "locate + decode, one worker process, pictures in memory", 0, {}, 0};
  std::uint64_t symbols = 0;
  std::uint64_t read = 0;
  const auto start = Clock::now();
  for (unsigned round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < pictures.frames.size(); ++i) {
      auto reading =
          pool->read(pictures.frames[i].view(), {}, Clock::now() + std::chrono::seconds(10));
      if (!reading) return std::unexpected(reading.error());
      stage.times.record_ns(static_cast<std::uint64_t>(reading->elapsed.count()));
      const auto& truth = pictures.truth_hex[i];
      symbols += truth.size();
      for (const vision::Reading& one : reading->readings) {
        const bool right =
            std::find(truth.begin(), truth.end(), to_hex(one.content)) != truth.end();
        read += right;
        stage.failures += !right;
      }
    }
  }
  stage.per_s = rate(stage.times.count(), start);
  stage.note += "; " + std::to_string(read) + " of " + std::to_string(symbols) + " symbols read";
  return stage;
}

Result<Stage> measure_verify(postal::SignatureAlgorithm algorithm, unsigned count) {
  const auto key = postal::SigningKey::generate(algorithm);
  if (!key) return std::unexpected(key.error());
  postal::KeyBundle bundle;
  const Date today = utc_date(utc_now());
  bundle.keys.push_back({key->public_key(), 1, 42, today, today, {}});
  const auto verifier = postal::Verifier::make(bundle);
  if (!verifier) return std::unexpected(verifier.error());
  const bool es256 = algorithm == postal::SignatureAlgorithm::es256;
  Stage stage{es256 ? "verify ES256" : "verify EdDSA", "parse + verify a token", 0, {}, 0};
  std::vector<Bytes> tokens;
  for (unsigned i = 0; i < 64; ++i) {
    auto minted = postal::mint_token(sample_token(i + 1), *key);
    if (!minted) return std::unexpected(minted.error());
    if (i % 8 == 7) minted->back() ^= 1;  // every eighth is forged
    tokens.push_back(std::move(*minted));
  }
  const auto start = Clock::now();
  for (unsigned i = 0; i < count; ++i) {
    const auto one = Clock::now();
    const auto parsed = postal::parse_token(tokens[i % tokens.size()]);
    const bool genuine = parsed && verifier->verify(*parsed) == postal::Verdict::genuine;
    stage.times.record_ns(since_ns(one));
    stage.failures += genuine == (i % 8 == 7);
  }
  stage.per_s = rate(count, start);
  return stage;
}

Result<Stage> measure_append(const std::filesystem::path& directory, unsigned count,
                             unsigned in_flight) {
  auto log = open_log(directory);
  if (!log) return std::unexpected(log.error());
  Stage stage{
      "spool append", std::to_string(in_flight) + " in flight, until on stable storage", 0, {}, 0};
  postal::ScanEvent event;
  event.codes.push_back({postal::Symbology::data_matrix, Bytes(140, 0x5A), {}});
  const auto start = Clock::now();
  {
    CommitWatch watch(*log, stage.times);
    for (unsigned i = 0; i < count; ++i) {
      event.piece = i + 1;
      const auto begun = Clock::now();
      const auto sequence = log->append(event);
      if (!sequence) return std::unexpected(sequence.error());
      watch.begun(*sequence, begun);
      if (*sequence > in_flight) {
        const auto waited = log->wait_committed(*sequence - in_flight, std::chrono::seconds(10));
        if (!waited) return std::unexpected(waited.error());
      }
    }
    watch.finish();
  }
  stage.per_s = rate(count, start);
  stage.failures = log->committed() == count ? 0 : 1;
  return stage;
}

Result<Stage> measure_event(const Pictures& pictures, const std::filesystem::path& directory,
                            unsigned rounds, unsigned workers) {
  auto log = open_log(directory);
  if (!log) return std::unexpected(log.error());
  vision::DecodePoolOptions pool_options;
  pool_options.workers = workers;
  auto pool = vision::DecodePool::start(pool_options);
  if (!pool) return std::unexpected(pool.error());
  const auto verifier = postal::Verifier::make({});
  if (!verifier) return std::unexpected(verifier.error());

  Stage stage{"end-to-end event",
              "induction → read → verify → decide → on stable storage, " + std::to_string(workers) +
                  (workers == 1 ? " worker" : " workers"),
              0,
              {},
              0};
  station::LaneOptions options;
  options.workers = workers;
  options.deadline = std::chrono::seconds(10);
  auto index = station::DuplicateIndex::in_memory();
  station::DuplicateJudge duplicates(index, {});
  MemorySource source(pictures, rounds);
  const auto start = Clock::now();
  {
    CommitWatch watch(*log, stage.times);
    const auto sink = [&](const postal::ScanEvent& event, station::LaneFace&) -> Result<void> {
      const auto induced = Clock::now() - event.latency;
      const auto sequence = log->append(event);
      if (!sequence) return std::unexpected(sequence.error());
      watch.begun(*sequence, induced);
      index.note(event);
      return {};
    };
    const auto ran =
        station::run_lane(source, *pool, station::always(*verifier), duplicates, options, sink, {});
    if (!ran) return std::unexpected(ran.error());
    watch.finish();
    stage.failures = ran->pieces == pictures.frames.size() * rounds ? 0 : 1;
  }
  stage.per_s = rate(stage.times.count(), start) / workers;
  return stage;
}

}  // namespace backstamp::bench
