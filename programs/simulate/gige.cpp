#include "programs/simulate/gige.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace backstamp::simulate {
namespace {

using namespace std::chrono_literals;

constexpr int kPacket_bytes = 8000;
constexpr auto kAnswers = 10s;
constexpr std::uint8_t kBelt = 40;  ///< grey of what is around a face

/// From the trigger of such a camera to its picture: it packs and sends what others only transfer.
constexpr Micros kSending = 30ms;
/// ... which may vary so much: it shares the processors with the station.
constexpr Micros kWindow = 90ms;

std::string size_text(int pixels) {
  return std::to_string(pixels);
}

/// A file that the camera writes to when it answers, and we wait for.
bool has_text(const std::filesystem::path& path) {
  std::error_code none;
  return std::filesystem::exists(path, none) && std::filesystem::file_size(path, none) > 0;
}

}  // namespace

void make_one_size(Mail& mail) {
  const int width = std::min(mail.widest_px(), kGigeSide_px);
  const int height = std::min(mail.highest_px(), kGigeSide_px);
  for (Face& face : mail.faces) {
    vision::Frame whole(width, height);
    const vision::ImageView from = face.picture.view();
    for (int y = 0; y < height; ++y) {
      std::memset(whole.row(y), kBelt, static_cast<std::size_t>(width));
      if (y >= from.height_px) continue;
      std::memcpy(whole.row(y), from.row(y),
                  static_cast<std::size_t>(std::min(width, from.width_px)));
    }
    face.picture = std::move(whole);
  }
}

Result<void> write_pictures(const Mail& mail, const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  for (const Face& face : mail.faces) {
    const vision::ImageView view = face.picture.view();
    for (int y = 0; y < view.height_px; ++y) {
      file.write(reinterpret_cast<const char*>(view.row(y)), view.width_px);
    }
  }
  file.close();
  if (!file) return fail(ErrorKind::io, path.string() + ": " + std::strerror(errno));
  return {};
}

std::string gige_address(std::size_t lane, std::size_t camera) {
  const int pid = ::getpid();
  return "127." + std::to_string(64 + pid / 250 % 128) + "." + std::to_string(pid % 250 + 1) + "." +
         std::to_string(1 + lane * 4 + camera);
}

void use_gige(station::StationConfig& config, const Mail& mail, std::uint32_t pieces_per_hour) {
  const Micros between(3'600'000'000 / std::max<std::int64_t>(1, pieces_per_hour));
  for (std::size_t lane = 0; lane < config.live->lanes.size(); ++lane) {
    station::LaneConfig& of = config.live->lanes[lane];
    of.encoder = {};
    of.window = std::min(kWindow, between * 45 / 100);
    for (Micros& delay : of.delays) delay += kSending;
    for (std::size_t camera = 0; camera < of.cameras.size(); ++camera) {
      station::CameraConfig& one = of.cameras[camera];
      one.kind = station::CameraKind::gige;
      one.address = gige_address(lane, camera);
      one.packet_bytes = kPacket_bytes;
      one.width_px = mail.widest_px();
      one.height_px = mail.highest_px();
    }
  }
}

Result<std::unique_ptr<GigeCamera>> GigeCamera::start(Stage& stage, std::size_t lane,
                                                      std::size_t camera,
                                                      const std::filesystem::path& pictures) {
  std::unique_ptr<GigeCamera> made(new GigeCamera(stage, lane, camera));
  if (auto opened = made->open(pictures); !opened) return std::unexpected(opened.error());
  GigeCamera* const self = made.get();
  made->thread_ = std::jthread([self](const std::stop_token& stop) { self->run(stop); });
  return made;
}

Result<void> GigeCamera::open(const std::filesystem::path& pictures) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorKind::io, "a pipe: no descriptors");
  triggers_ = ends[1];
  const auto program = program_folder() / "backstamp-fake-camera";
  const auto answer =
      pictures.string() + "." + std::to_string(lane_) + "." + std::to_string(camera_) + ".answers";
  const std::string address = gige_address(lane_, camera_);
  // Its standard output goes to a file: it says there that it answers.
  auto child = ChildProcess::start(
      {"/bin/sh", "-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>/dev/null", "sh", answer,
       program.string(), "--address", address, "--serial",
       "SIM" + std::to_string(lane_ + 1) + std::to_string(camera_ + 1), "--width",
       size_text(stage_.mail.widest_px()), "--height", size_text(stage_.mail.highest_px()),
       "--pictures", pictures.string(), "--triggers", std::to_string(ends[0])},
      {ends[0]});
  ::close(ends[0]);
  if (!child) return std::unexpected(child.error());
  process_ = std::move(*child);
  const SteadyTime end = std::chrono::steady_clock::now() + kAnswers;
  while (!has_text(answer)) {
    if (!process_.running() || std::chrono::steady_clock::now() > end) {
      return fail(ErrorKind::unavailable, "the fake camera at " + address + " does not answer");
    }
    std::this_thread::sleep_for(10ms);
  }
  return {};
}

GigeCamera::~GigeCamera() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  if (triggers_ >= 0) ::close(triggers_);
}

void GigeCamera::run(const std::stop_token& stop) {
  be_simulation_thread("sim-camera");
  const auto start = stage_.start.await(stop);
  if (!start) return;
  const LanePlan& lane = stage_.plan.lanes[lane_];
  for (std::size_t index = 0; index < lane.belt.pieces().size(); ++index) {
    const BeltPiece& piece = lane.belt.pieces()[index];
    const auto at = pictured_at(lane.belt, piece, camera_);
    if (!at) break;
    // The transfer is real here: the exposure is before it.
    const auto late = sleep_until(*start + *at - kTransfer, stop);
    if (!late) return;
    stage_.pictures_late.note(*late);
    if (*late > stage_.patience) {
      stage_.ledger.not_shown(static_cast<std::uint32_t>(lane_), index);
      continue;
    }
    if (lane.pictures[camera_][index] == PictureFault::away) continue;
    const std::string line = std::to_string(piece.face) + "\n";
    if (::write(triggers_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) break;
    stage_.ledger.pictured(static_cast<std::uint32_t>(lane_), index);
  }
  stay_until(stop);
}

}  // namespace backstamp::simulate
