#include "programs/simulate/mail.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "datasets/random.h"
#include "datasets/replay_source.h"
#include "datasets/synthetic_mint.h"
#include "programs/simulate/mix.h"
#include "vision/decode_pool.h"

namespace backstamp::simulate {
namespace {

using namespace std::chrono_literals;

unsigned cores() {
  return std::max(1u, std::thread::hardware_concurrency());
}

Result<datasets::SynthesizedFace> draw(const PlannedFace& planned,
                                       const datasets::SyntheticMint& mint, std::uint64_t seed) {
  datasets::FaceRequest request;
  request.face_class = planned.face_class;
  request.px_per_mm = kPxPerMm;
  request.shape = datasets::MailShape::letter;
  request.mailing = planned.kind == FaceKind::foreign;
  request.damaged = planned.kind == FaceKind::damaged;
  if (planned.kind != FaceKind::blank && planned.kind != FaceKind::foreign) {
    auto piece = mint.piece(planned.minted);
    if (!piece) return std::unexpected(piece.error());
    request.symbols = std::move(piece->symbols);
    request.address_lines = std::move(piece->address_lines);
    request.postage = std::move(piece->postage);
    if (planned.token_of != planned.minted) {
      auto original = mint.piece(planned.token_of);
      if (!original) return std::unexpected(original.error());
      request.symbols.front() = std::move(original->symbols.front());
    }
  }
  return datasets::synthesize_face(request, datasets::derive_seed(seed, planned.minted));
}

/// Renders all planned faces, on as many threads as there are cores.
class Press {
 public:
  Press(std::span<const PlannedFace> planned, const datasets::SyntheticMint& mint,
        std::uint64_t seed, std::vector<Face>& faces)
      : planned_(planned), mint_(mint), seed_(seed), faces_(faces) {}

  Result<void> run(const Progress& progress) {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < cores(); ++i) threads.emplace_back([this] { work(); });
      while (done_ < planned_.size() && !failed_) {
        std::this_thread::sleep_for(20ms);
        progress("faces rendered", done_, planned_.size());
      }
    }
    if (failure_) return std::unexpected(*failure_);
    return {};
  }

 private:
  void work() {
    while (!failed_) {
      const std::size_t index = next_++;
      if (index >= planned_.size()) return;
      auto face = draw(planned_[index], mint_, seed_);
      if (!face) {
        const std::scoped_lock lock(mutex_);
        failure_ = face.error();
        failed_ = true;
        return;
      }
      faces_[index].picture = std::move(face->picture);
      faces_[index].kind = planned_[index].kind;
      ++done_;
    }
  }

  std::span<const PlannedFace> planned_;
  const datasets::SyntheticMint& mint_;
  const std::uint64_t seed_;
  std::vector<Face>& faces_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> failure_;
};

Result<Mail> synthesize(const Options& options, const std::filesystem::path& folder,
                        const Progress& progress) {
  const auto planned = plan_mix(options.mix, options.faces, options.seed);
  if (!planned) return std::unexpected(planned.error());
  auto mint = datasets::SyntheticMint::make(options.seed, utc_date(utc_now()));
  if (!mint) return std::unexpected(mint.error());
  if (auto written = mint->write_keys(folder); !written) return std::unexpected(written.error());
  Mail mail;
  mail.keys = folder;
  mail.mix = describe_mix(options.mix);
  mail.faces.resize(planned->size());
  if (auto drawn = Press(*planned, *mint, options.seed, mail.faces).run(progress); !drawn) {
    return std::unexpected(drawn.error());
  }
  return mail;
}

/// The keys that a dataset brings; without any, keys that sign nothing of it.
Result<std::filesystem::path> keys_of(const Options& options, const std::filesystem::path& folder) {
  if (std::filesystem::exists(options.mail / "keys.bundle") &&
      std::filesystem::exists(options.mail / "root.pub")) {
    return options.mail;
  }
  const auto mint = datasets::SyntheticMint::make(options.seed, utc_date(utc_now()));
  if (!mint) return std::unexpected(mint.error());
  if (auto written = mint->write_keys(folder); !written) return std::unexpected(written.error());
  return folder;
}

Result<Mail> unpack(const Options& options, const std::filesystem::path& folder,
                    const Progress& progress) {
  auto source = datasets::open_source(options.mail);
  if (!source) return std::unexpected(source.error());
  auto pool = vision::DecodePool::start({});
  if (!pool) return std::unexpected(pool.error());
  Mail mail;
  mail.recorded = true;
  mail.mix = options.mail.string();
  std::uint64_t bytes = 0;
  while (bytes < kMailBytes) {
    auto capture = (*source)->next();
    if (!capture) return std::unexpected(capture.error());
    if (!*capture) break;
    vision::Frame frame = std::move((*capture)->frame);
    if (frame.empty()) {
      auto unpacked = pool->unpack((*capture)->file, std::chrono::steady_clock::now() + 5s);
      if (!unpacked) continue;  // a damaged picture never was before a camera
      frame = std::move(*unpacked);
    }
    bytes += static_cast<std::uint64_t>(frame.width_px()) *
             static_cast<std::uint64_t>(frame.height_px());
    mail.faces.push_back({std::move(frame), FaceKind::recorded, {}, {}});
    progress("faces unpacked", mail.faces.size(), 0);
  }
  if (mail.faces.empty()) {
    return fail(ErrorKind::not_found, options.mail.string() + ": no pictures in it");
  }
  auto keys = keys_of(options, folder);
  if (!keys) return std::unexpected(keys.error());
  mail.keys = std::move(*keys);
  return mail;
}

template <typename Codes>
ReadCodes sorted_codes(const Codes& codes) {
  ReadCodes out;
  for (const auto& code : codes) out.emplace_back(code.symbology, code.content);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::string_view to_string(FaceKind kind) {
  switch (kind) {
    case FaceKind::genuine:
      return "genuine";
    case FaceKind::foreign:
      return "foreign";
    case FaceKind::copied:
      return "copied";
    case FaceKind::damaged:
      return "damaged";
    case FaceKind::blank:
      return "blank";
    case FaceKind::recorded:
      return "recorded";
  }
  return "unknown";
}

ReadCodes codes_of(const vision::FaceReading& reading) {
  return sorted_codes(reading.readings);
}

ReadCodes codes_of(std::span<const postal::SeenCode> codes) {
  return sorted_codes(codes);
}

std::vector<double> Mail::lengths_mm() const {
  std::vector<double> lengths;
  for (const Face& face : faces) lengths.push_back(face.picture.width_px() / kPxPerMm);
  return lengths;
}

std::uint64_t Mail::bytes() const {
  std::uint64_t sum = 0;
  for (const Face& face : faces) {
    sum += static_cast<std::uint64_t>(face.picture.width_px()) *
           static_cast<std::uint64_t>(face.picture.height_px());
  }
  return sum;
}

int Mail::widest_px() const {
  int widest = 0;
  for (const Face& face : faces) widest = std::max(widest, face.picture.width_px());
  return widest;
}

int Mail::highest_px() const {
  int highest = 0;
  for (const Face& face : faces) highest = std::max(highest, face.picture.height_px());
  return highest;
}

Result<Mail> make_mail(const Options& options, const std::filesystem::path& folder,
                       const Progress& progress) {
  return options.mail.empty() ? synthesize(options, folder, progress)
                              : unpack(options, folder, progress);
}

Result<void> read_in_calm(Mail& mail, const vision::ReadOptions& options,
                          const Progress& progress) {
  auto pool = vision::DecodePool::start({});
  if (!pool) return std::unexpected(pool.error());
  std::uint64_t done = 0;
  for (Face& face : mail.faces) {
    auto reading = pool->read(face.picture.view(), options, std::chrono::steady_clock::now() + 10s);
    if (!reading) return std::unexpected(reading.error());
    face.calm = codes_of(*reading);
    reading->readings.clear();
    reading->unread.clear();
    face.calm_reading = std::move(*reading);
    progress("faces read in calm", ++done, mail.faces.size());
  }
  return {};
}

}  // namespace backstamp::simulate
