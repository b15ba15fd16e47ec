// make: faces are rendered on several threads and written in order.
#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "datasets/dataset.h"
#include "datasets/random.h"
#include "datasets/synthetic_mint.h"
#include "programs/command_line.h"
#include "programs/dataset/commands.h"
#include "vision/decode_pool.h"

namespace backstamp::programs {
namespace {

using datasets::Sample;

std::string key_of(std::size_t index) {
  const std::string digits = std::to_string(index);
  return digits.size() < 6 ? std::string(6 - digits.size(), '0') + digits : digits;
}

Result<Bytes> pack(const vision::Frame& picture, const std::string& format) {
  if (format == "png") return vision::pack_png(picture.view());
  const std::string head = "P5\n" + std::to_string(picture.width_px()) + " " +
                           std::to_string(picture.height_px()) + "\n255\n";
  Bytes bytes(head.begin(), head.end());
  const vision::ImageView view = picture.view();
  for (int y = 0; y < view.height_px; ++y) {
    bytes.insert(bytes.end(), view.row(y), view.row(y) + view.width_px);
  }
  return bytes;
}

datasets::MailShape shape_of(const std::string& name) {
  return name == "letter" ? datasets::MailShape::letter
         : name == "flat" ? datasets::MailShape::flat
                          : datasets::MailShape::any;
}

/// Renders jobs on threads; take() gives them back in order. At most four a thread wait.
class Press {
 public:
  Press(const MakeOptions& options, std::vector<FaceJob>& jobs, const datasets::SyntheticMint& mint)
      : options_(options), jobs_(jobs), mint_(mint) {
    for (unsigned i = 0; i < options.threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Press() {
    const std::scoped_lock lock(mutex_);
    next_ = jobs_.size();
    moved_.notify_all();
  }

  Result<Sample> take() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return done_.contains(taken_); });
    Result<Sample> sample = std::move(done_.extract(taken_++).mapped());
    moved_.notify_all();
    return sample;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      moved_.wait(lock, [this] {
        return next_ >= jobs_.size() || next_ < taken_ + std::size_t{4} * options_.threads;
      });
      if (next_ >= jobs_.size()) return;
      const std::size_t index = next_++;
      lock.unlock();
      Result<Sample> sample = render(index);
      lock.lock();
      done_.emplace(index, std::move(sample));
      moved_.notify_all();
    }
  }

  Result<Sample> render(std::size_t index) {
    FaceJob& job = jobs_[index];  // each is touched by one thread only
    const std::string key = key_of(index);
    if (job.minted) {
      auto piece = mint_.piece(index);
      if (!piece) return std::unexpected(piece.error());
      job.request.symbols = std::move(piece->symbols);
      job.request.address_lines = std::move(piece->address_lines);
      job.request.postage = std::move(piece->postage);
      if (!job.request.mailing) job.request.name = std::move(piece->code);
    }
    job.request.px_per_mm = options_.dpi > 0 ? options_.dpi / 25.4 : options_.px_per_mm;
    job.request.shape = shape_of(options_.shape);
    const std::uint64_t seed = datasets::derive_seed(options_.seed, index);
    auto face = datasets::synthesize_face(job.request, seed);
    if (!face) return fail("face " + key + " (" + job.request.name + ")", face.error());
    auto picture = pack(face->picture, options_.picture);
    if (!picture) return std::unexpected(picture.error());
    const std::string truth = truth_json(*face, job.request, key + "." + options_.picture, seed);
    Sample sample{key, {}};
    sample.parts[options_.picture] = std::move(*picture);
    sample.parts["json"] = Bytes(truth.begin(), truth.end());
    job.request = {};
    return sample;
  }

  const MakeOptions& options_;
  std::vector<FaceJob>& jobs_;
  const datasets::SyntheticMint& mint_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::size_t next_ = 0;
  std::size_t taken_ = 0;
  std::map<std::size_t, Result<Sample>> done_;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

std::string maker_json(const MakeOptions& options, std::size_t faces) {
  nlohmann::ordered_json maker;
  maker["program"] = "backstamp-dataset make";
  maker["synthetic"] = true;
  maker["seed"] = std::to_string(options.seed);
  maker["faces"] = faces;
  if (options.pieces.empty()) {
    maker["mix"] = options.mix;
    maker["mailed"] = options.mailed;
  }
  maker["px_per_mm"] = options.dpi > 0 ? options.dpi / 25.4 : options.px_per_mm;
  maker["picture"] = options.picture;
  return maker.dump();
}

Result<std::uint64_t> write_faces(const MakeOptions& options, std::vector<FaceJob>& jobs,
                                  const datasets::SyntheticMint& mint) {
  auto writer = datasets::DatasetWriter::create(
      {options.folder, 256ull << 20, maker_json(options, jobs.size())});
  if (!writer) return std::unexpected(writer.error());
  std::uint64_t bytes = 0;
  {
    ProgressLine progress("backstamp-dataset", "faces made");
    Press press(options, jobs, mint);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      auto sample = press.take();
      if (!sample) return std::unexpected(sample.error());
      for (const auto& [extension, content] : sample->parts) bytes += content.size();
      if (auto added = writer->add(*sample); !added) return std::unexpected(added.error());
      progress.show(i + 1, jobs.size());
    }
  }
  if (options.pieces.empty()) {
    if (auto keys = mint.write_keys(options.folder); !keys) return std::unexpected(keys.error());
  }
  if (auto ended = writer->finish(); !ended) return std::unexpected(ended.error());
  return bytes;
}

}  // namespace

int make_dataset(const MakeOptions& options) {
  const auto usage = [](const Error& error) {
    failed("dataset", error);
    return kUsage;
  };
  auto mailed = parse_date(options.mailed);
  if (!mailed) return usage(mailed.error());
  auto jobs = options.pieces.empty() ? jobs_of_mix(options.mix, options.count, options.seed)
                                     : jobs_of_pieces(options.pieces);
  if (!jobs) return options.pieces.empty() ? usage(jobs.error()) : failed("dataset", jobs.error());
  auto mint = datasets::SyntheticMint::make(options.seed, *mailed);
  if (!mint) return failed("dataset", mint.error());
  const std::size_t faces = jobs->size();
  const auto begun = std::chrono::steady_clock::now();
  const auto bytes = write_faces(options, *jobs, *mint);
  if (!bytes) return failed("dataset", bytes.error());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  if (options.json) {
    nlohmann::ordered_json line{{"dataset", options.folder},
                                {"faces", faces},
                                {"bytes", *bytes},
                                {"seconds", took.count()}};
    std::printf("%s\n", line.dump().c_str());
  } else {
    std::printf("%zu faces in %s (%.1f MB, %.1f s)\n", faces, options.folder.c_str(),
                static_cast<double>(*bytes) / 1e6, took.count());
  }
  return kDone;
}

}  // namespace backstamp::programs
