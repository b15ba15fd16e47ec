#include "programs/fake-camera/camera.h"

#include <arv.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "programs/fake-camera/loopback.h"

namespace backstamp::fake_camera {
namespace {

// Bootstrap registers of GigE Vision (table of the standard): where a camera says who it is.
constexpr std::uint32_t kModelRegister = 0x68;
constexpr std::size_t kModelBytes = 32;
// aravis looks for a software trigger so often.
constexpr double kTriggerPollsPerS = 1000;
constexpr std::size_t kMostWaiting = 64;

}  // namespace

struct Camera::Impl {
  explicit Impl(Options o) : options(std::move(o)) {}
  ~Impl() {
    feeder.request_stop();
    if (feeder.joinable()) feeder.join();
    if (camera != nullptr) g_object_unref(camera);
  }

  static void fill(ArvBuffer* buffer, void* self, std::uint32_t, std::uint32_t, ArvPixelFormat) {
    static_cast<Impl*>(self)->fill(buffer);
  }
  void fill(ArvBuffer* buffer);
  void draw_count(std::uint8_t* pixels, std::size_t width, std::size_t height,
                  std::uint64_t number) const;
  std::uint64_t next_picture();
  void feed(std::stop_token stop);

  const Options options;
  ArvGvFakeCamera* camera = nullptr;
  ArvFakeCamera* registers = nullptr;
  std::atomic<std::uint64_t> sent{0};
  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<std::uint32_t> waiting;  ///< pictures that were asked for and not yet sent
  std::atomic<bool> raised{false};    ///< the first of them is on its way
  std::jthread feeder;
};

Camera::Camera(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Camera::~Camera() = default;

Result<std::unique_ptr<Camera>> Camera::start(Options options) {
  const auto area =
      static_cast<std::size_t>(options.width_px) * static_cast<std::size_t>(options.height_px);
  if (options.pictures.size() % area != 0) {
    return fail(ErrorKind::invalid, "the pictures have " + std::to_string(options.pictures.size()) +
                                        " bytes, which is no multiple of " + std::to_string(area));
  }
  auto impl = std::make_unique<Impl>(std::move(options));
  const Options& is = impl->options;
  listen_on(is.address);
  if (port_is_free(is.address)) {
    impl->camera = arv_gv_fake_camera_new_full(is.address.c_str(), is.serial.c_str(), nullptr);
  }
  if (impl->camera == nullptr || !arv_gv_fake_camera_is_running(impl->camera)) {
    return fail(ErrorKind::unavailable,
                is.address + ":3956: not an address of this machine, or a camera is there already");
  }
  g_object_set(impl->camera, "gvsp-lost-ratio", is.lost_packets, nullptr);
  ArvFakeCamera* registers = impl->registers = arv_gv_fake_camera_get_fake_camera(impl->camera);
  char model[kModelBytes] = {};
  is.model.copy(model, kModelBytes - 1);
  arv_fake_camera_write_memory(registers, kModelRegister, kModelBytes, model);
  const auto set = [&](std::uint32_t address, double value) {
    arv_fake_camera_write_register(registers, address, static_cast<std::uint32_t>(value));
  };
  set(ARV_FAKE_CAMERA_REGISTER_WIDTH, is.width_px);
  set(ARV_FAKE_CAMERA_REGISTER_HEIGHT, is.height_px);
  set(ARV_FAKE_CAMERA_REGISTER_ACQUISITION_FRAME_PERIOD_US, 1e6 / is.frames_per_s);
  if (is.triggered) {
    set(ARV_FAKE_CAMERA_REGISTER_TRIGGER_MODE, 1);
    set(ARV_FAKE_CAMERA_REGISTER_TRIGGER_SOURCE, 1);  // software
    arv_fake_camera_set_trigger_frequency(registers, kTriggerPollsPerS);
    impl->feeder = std::jthread([self = impl.get()](std::stop_token stop) { self->feed(stop); });
  }
  arv_fake_camera_set_fill_pattern(registers, Impl::fill, impl.get());
  return std::unique_ptr<Camera>(new Camera(std::move(impl)));
}

std::uint64_t Camera::frames_sent() const {
  return impl_->sent.load();
}

bool Camera::trigger(std::uint32_t picture) {
  if (arv_fake_camera_get_acquisition_status(impl_->registers) == 0) return false;
  const std::lock_guard lock(impl_->mutex);
  if (impl_->waiting.size() >= kMostWaiting) return false;
  impl_->waiting.push_back(picture);
  impl_->changed.notify_all();
  return true;
}

/// Raises the trigger for each picture that waits, one after the other: the next when the frame of
/// the one before is being filled.
void Camera::Impl::feed(std::stop_token stop) {
  constexpr std::chrono::microseconds kTurn{200};
  std::unique_lock lock(mutex);
  while (changed.wait(lock, stop, [this] { return !waiting.empty(); })) {
    if (arv_fake_camera_get_acquisition_status(registers) == 0) {
      waiting.clear();  // nobody listens any more
      raised = false;
      continue;
    }
    lock.unlock();
    if (!raised.exchange(true)) {
      arv_fake_camera_write_register(registers, ARV_FAKE_CAMERA_REGISTER_TRIGGER_SOFTWARE, 1);
    }
    std::this_thread::sleep_for(kTurn);
    lock.lock();
  }
}

std::uint64_t Camera::Impl::next_picture() {
  if (!options.triggered) {
    const std::uint64_t number = sent.load();
    return options.freeze_after > 0 ? std::min(number, options.freeze_after) : number;
  }
  const std::lock_guard lock(mutex);
  if (waiting.empty()) return sent.load();
  const std::uint32_t picture = waiting.front();
  waiting.pop_front();
  raised = false;
  return picture;
}

/// A pattern that no two frames share: the number in the first eight pixels, most significant byte
/// first, then noise of it.
void Camera::Impl::draw_count(std::uint8_t* pixels, std::size_t width, std::size_t height,
                              std::uint64_t number) const {
  std::uint64_t noise = number * 0x9E37'79B9'7F4A'7C15u + 1;
  for (std::size_t at = 0; at < width * height; at += sizeof noise) {
    noise ^= noise << 13;
    noise ^= noise >> 7;
    noise ^= noise << 17;
    std::memcpy(pixels + at, &noise, std::min(sizeof noise, width * height - at));
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(8, width); ++i) {
    pixels[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  }
}

void Camera::Impl::fill(ArvBuffer* buffer) {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  arv_fake_camera_read_register(registers, ARV_FAKE_CAMERA_REGISTER_WIDTH, &width);
  arv_fake_camera_read_register(registers, ARV_FAKE_CAMERA_REGISTER_HEIGHT, &height);
  std::size_t size = 0;
  auto* pixels = static_cast<std::uint8_t*>(const_cast<void*>(arv_buffer_get_data(buffer, &size)));
  const std::uint64_t number = next_picture();
  ++sent;
  if (pixels == nullptr) return;
  const auto area =
      static_cast<std::size_t>(options.width_px) * static_cast<std::size_t>(options.height_px);
  const bool as_made = width == static_cast<std::uint32_t>(options.width_px) &&
                       height == static_cast<std::uint32_t>(options.height_px);
  if (options.pictures.empty() || !as_made) {
    draw_count(pixels, width, height, number);
  } else {
    const std::size_t picture = number % (options.pictures.size() / area);
    std::memcpy(pixels, options.pictures.data() + picture * area, area);
  }
}

}  // namespace backstamp::fake_camera
