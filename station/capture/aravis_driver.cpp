#include "station/capture/aravis_driver.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "station/capture/aravis_glib.h"
#include "station/capture/pixel_formats.h"
#include "station/capture/socket_buffer.h"

namespace backstamp::station::capture {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Chunks {
  Object<ArvChunkParser> parser;
  const char* time = nullptr;
  const char* number = nullptr;
  const char* triggers = nullptr;
  const char* encoder = nullptr;
};

/// A buffer of the stream and the memory it writes to: a slot of the ring, or bytes of its own that
/// are turned grey into one.
struct Landing {
  Object<ArvBuffer> buffer;
  vision::Frame slot;
  std::vector<std::uint8_t> own;
  std::atomic<std::int64_t> complete_ns{0};
  std::atomic<std::uint64_t> complete_number{0};  ///< whose time that is, plus one
};

class AravisDriver final : public Driver {
 public:
  static Result<std::unique_ptr<Driver>> open(const CameraConfig& config, const std::string& where,
                                              std::shared_ptr<vision::FrameRing> ring);
  ~AravisDriver() override;

  const Identity& identity() const override { return identity_; }
  Result<void> set_feature(const std::string& name, const std::string& value) override {
    return set_aravis_feature(device(), name, value);
  }
  Result<std::optional<std::string>> feature(const std::string& name) override {
    return aravis_feature(device(), name);
  }
  Result<Geometry> geometry() override;
  Result<void> start() override;
  Result<std::optional<DriverFrame>> next(milliseconds wait) override;
  StreamCounters counters() const override;
  std::vector<Notice> notices() const override { return notices_; }

 private:
  AravisDriver(const CameraConfig& config, std::shared_ptr<vision::FrameRing> ring)
      : config_(config), ring_(std::move(ring)) {}
  static void on_control_lost(ArvDevice*, void* self) {
    static_cast<AravisDriver*>(self)->lost_.store(true);
  }
  static void on_stream(void*, ArvStreamCallbackType type, ArvBuffer* buffer);
  Result<void> tune_network();
  void size_socket_buffer();
  void find_chunks();
  void replenish();
  void push(Landing& landing);
  DriverFrame take(ArvBuffer* buffer);
  void fill(DriverFrame& frame, ArvBuffer* buffer, Landing& landing);
  void read_chunks(DriverFrame& frame, ArvBuffer* buffer);
  std::optional<std::uint64_t> chunk(ArvBuffer* buffer, const char* name);
  ArvDevice* device() const { return arv_camera_get_device(camera_.get()); }

  const CameraConfig config_;
  const std::shared_ptr<vision::FrameRing> ring_;
  Identity identity_;
  Object<ArvCamera> camera_;
  gulong signal_ = 0;
  std::atomic<bool> lost_{false};
  Geometry geometry_;
  std::uint32_t format_ = 0;
  Packing packing_ = Packing::unreadable;
  bool in_place_ = false;  ///< frames are used where the network wrote them
  bool started_ = false;
  std::vector<Landing> landings_;  ///< in place: one for each slot of the ring
  std::size_t idle_ = 0;           ///< not in place: so many landings are the first in the stream
  int in_stream_ = 0;
  Chunks chunks_;
  std::vector<Notice> notices_;
  Object<ArvStream> stream_;  ///< ends before the memory that it writes to
};

Result<std::unique_ptr<Driver>> AravisDriver::open(const CameraConfig& config,
                                                   const std::string& where,
                                                   std::shared_ptr<vision::FrameRing> ring) {
  Trial trial;
  std::unique_ptr<AravisDriver> driver(new AravisDriver(config, std::move(ring)));
  driver->camera_.reset(arv_camera_new(where.c_str(), trial.slot()));
  if (trial.failed()) return trial.error(where);
  if (driver->camera_ == nullptr) {
    return fail(ErrorKind::not_found, where + ": no camera answers there");
  }
  ArvDevice* device = driver->device();
  if (ARV_IS_GV_DEVICE(device) && !arv_gv_device_is_controller(ARV_GV_DEVICE(device))) {
    return fail(ErrorKind::unavailable, where + ": another program controls the camera");
  }
  const auto text = [&](auto get) {
    Trial ignored;
    return printable(get(driver->camera_.get(), ignored.slot()));
  };
  driver->identity_ = {text(arv_camera_get_vendor_name), text(arv_camera_get_model_name),
                       text(arv_camera_get_device_serial_number)};
  arv_device_set_register_cache_policy(device, ARV_REGISTER_CACHE_POLICY_DISABLE);
  driver->signal_ =
      g_signal_connect(device, "control-lost", G_CALLBACK(on_control_lost), driver.get());
  return driver;
}

AravisDriver::~AravisDriver() {
  if (camera_ == nullptr) return;
  // A camera that is gone would be asked to stop for seconds.
  if (started_ && !lost_.load()) {
    Trial ignored;
    arv_camera_stop_acquisition(camera_.get(), ignored.slot());
  }
  if (signal_ != 0) g_signal_handler_disconnect(device(), signal_);
  stream_.reset();
  camera_.reset();
}

Result<Geometry> AravisDriver::geometry() {
  Trial trial;
  int x = 0;
  int y = 0;
  arv_camera_get_region(camera_.get(), &x, &y, &geometry_.width_px, &geometry_.height_px,
                        trial.slot());
  if (trial.failed()) return trial.error("reading the size of frames");
  format_ = arv_camera_get_pixel_format(camera_.get(), trial.slot());
  if (trial.failed()) return trial.error("reading the pixel format");
  geometry_.bytes = arv_camera_get_payload(camera_.get(), trial.slot());
  if (trial.failed()) return trial.error("reading the size of a frame in bytes");
  packing_ = packing_of(format_);
  geometry_.format = format_name(format_);
  const std::uint64_t slot = ring_->slot_bytes();
  const bool sane = geometry_.width_px > 0 && geometry_.height_px > 0;
  const std::uint64_t pixels = sane ? static_cast<std::uint64_t>(geometry_.width_px) *
                                          static_cast<std::uint64_t>(geometry_.height_px)
                                    : 0;
  in_place_ = packing_ == Packing::mono8 && geometry_.bytes <= slot;
  geometry_.readable = false;
  if (!sane || pixels > slot || geometry_.bytes > slot * 2 + 65536) {
    geometry_.complaint = "its frames are " + std::to_string(geometry_.width_px) + "×" +
                          std::to_string(geometry_.height_px) + ", and a slot of memory holds " +
                          std::to_string(slot) + " bytes";
  } else if (!width_fits(packing_, geometry_.width_px)) {
    geometry_.complaint =
        "its pixels are " + geometry_.format + ", which is not made grey; set PixelFormat to Mono8";
  } else {
    geometry_.readable = true;
  }
  return geometry_;
}

Result<void> AravisDriver::tune_network() {
  if (!arv_camera_is_gv_device(camera_.get())) return {};
  Trial trial;
  if (config_.packet_bytes > 0) {
    arv_camera_gv_set_packet_size_adjustment(camera_.get(), ARV_GV_PACKET_SIZE_ADJUSTMENT_NEVER);
    arv_camera_gv_set_packet_size(camera_.get(), config_.packet_bytes, trial.slot());
    if (trial.failed()) return trial.error("setting the size of packets");
  }
  arv_camera_gv_set_stream_options(
      camera_.get(), config_.packet_socket ? ARV_GV_STREAM_OPTION_NONE
                                           : ARV_GV_STREAM_OPTION_PACKET_SOCKET_DISABLED);
  return {};
}

/// The network goes on while we are busy: the kernel keeps what comes meanwhile, if it is allowed
/// to.
void AravisDriver::size_socket_buffer() {
  if (!ARV_IS_GV_STREAM(stream_.get())) return;
  constexpr std::uint64_t kLeast = 1u << 20;
  constexpr std::uint64_t kMost = 64u << 20;
  const std::uint64_t wanted = std::clamp<std::uint64_t>(4 * geometry_.bytes, kLeast, kMost);
  const auto granted =
      size_receive_buffer(arv_gv_stream_get_port(ARV_GV_STREAM(stream_.get())), wanted);
  if (!granted || *granted >= 2 * geometry_.bytes) return;
  notices_.push_back({"camera-socket-buffer",
                      "the kernel keeps " + std::to_string(*granted >> 10) +
                          " KiB of what the camera sends, and two frames have " +
                          std::to_string(geometry_.bytes >> 9) + " KiB",
                      "sysctl -w net.core.rmem_max=" + std::to_string(wanted) +
                          " (and in /etc/sysctl.d), then start the station anew."});
}

void AravisDriver::find_chunks() {
  Trial ignored;
  if (!arv_camera_are_chunks_available(camera_.get(), ignored.slot())) return;
  Trial mode;
  if (!arv_camera_get_chunk_mode(camera_.get(), mode.slot()) || mode.failed()) return;
  const auto first = [&](std::initializer_list<const char*> names) -> const char* {
    for (const char* name : names) {
      if (arv_device_get_feature(device(), name) != nullptr) return name;
    }
    return nullptr;
  };
  chunks_.time = first({"ChunkTimestamp"});
  chunks_.number = first({"ChunkFrameID", "ChunkFramecounter"});
  chunks_.triggers = first({"ChunkCounterValue", "ChunkTriggerinputcounter"});
  chunks_.encoder = first({"ChunkEncoderValue"});
  chunks_.parser.reset(arv_camera_create_chunk_parser(camera_.get()));
}

Result<void> AravisDriver::start() {
  if (auto tuned = tune_network(); !tuned) return tuned;
  Trial trial;
  stream_.reset(arv_camera_create_stream(camera_.get(), on_stream, nullptr, trial.slot()));
  if (trial.failed()) return trial.error("opening the stream");
  if (stream_ == nullptr) return fail(ErrorKind::unavailable, "the camera opens no stream");
  size_socket_buffer();
  find_chunks();
  landings_ =
      std::vector<Landing>(in_place_ ? ring_->slots() : static_cast<unsigned>(config_.buffers));
  replenish();
  arv_camera_set_acquisition_mode(camera_.get(), ARV_ACQUISITION_MODE_CONTINUOUS, trial.slot());
  if (trial.failed()) return trial.error("setting AcquisitionMode to Continuous");
  arv_camera_start_acquisition(camera_.get(), trial.slot());
  if (trial.failed()) return trial.error("starting");
  started_ = true;
  return {};
}

/// In the library's thread, when the last packet of a frame is in: just before or just after the
/// frame can be had.
void AravisDriver::on_stream(void*, ArvStreamCallbackType type, ArvBuffer* buffer) {
  if (type != ARV_STREAM_CALLBACK_TYPE_BUFFER_DONE || buffer == nullptr) return;
  auto* landing = static_cast<Landing*>(const_cast<void*>(arv_buffer_get_user_data(buffer)));
  if (landing == nullptr) return;
  landing->complete_ns.store(std::chrono::steady_clock::now().time_since_epoch().count());
  landing->complete_number.store(arv_buffer_get_frame_id(buffer) + 1);
}

void AravisDriver::push(Landing& landing) {
  arv_stream_push_buffer(stream_.get(), ARV_BUFFER(g_object_ref(landing.buffer.get())));
  ++in_stream_;
}

/// Gives the stream as many buffers as it should have, or as there is memory for.
void AravisDriver::replenish() {
  const auto bytes = static_cast<std::size_t>(geometry_.bytes);
  while (in_place_ && in_stream_ < config_.buffers) {
    const auto width = static_cast<std::size_t>(geometry_.width_px);
    const auto rows = static_cast<int>((bytes + width - 1) / width);
    auto slot = ring_->acquire(geometry_.width_px, std::max(rows, geometry_.height_px));
    if (!slot) return;
    const auto at = ring_->offset_of(slot->view());
    if (!at) return;
    Landing& landing = landings_[*at / ring_->slot_bytes()];
    if (landing.buffer == nullptr) {
      landing.buffer.reset(arv_buffer_new_full(bytes, slot->row(0), &landing, nullptr));
    }
    landing.slot = std::move(*slot);
    push(landing);
  }
  for (; !in_place_ && idle_ < landings_.size(); ++idle_) {
    Landing& landing = landings_[idle_];
    landing.own.resize(bytes);
    landing.buffer.reset(arv_buffer_new_full(bytes, landing.own.data(), &landing, nullptr));
    push(landing);
  }
}

Result<std::optional<DriverFrame>> AravisDriver::next(milliseconds wait) {
  const SteadyTime until = std::chrono::steady_clock::now() + std::min(wait, 250ms);
  while (!lost_.load()) {
    replenish();
    // While buffers are missing, memory may become free at any time.
    const auto left =
        std::chrono::duration_cast<microseconds>(until - std::chrono::steady_clock::now());
    const auto turn = in_place_ && in_stream_ < config_.buffers ? microseconds(5ms) : left;
    const auto pause = std::clamp(left, 0us, std::max(turn, 0us));
    ArvBuffer* buffer =
        arv_stream_timeout_pop_buffer(stream_.get(), static_cast<guint64>(pause.count()));
    if (buffer != nullptr) return take(buffer);
    if (left <= 0us) return std::nullopt;
  }
  return fail(ErrorKind::unavailable, "control of the camera was lost: it does not answer");
}

const char* why_damaged(ArvBufferStatus status) {
  switch (status) {
    case ARV_BUFFER_STATUS_TIMEOUT:
      return "incomplete: the rest of its packets did not come";
    case ARV_BUFFER_STATUS_MISSING_PACKETS:
      return "incomplete: packets are missing";
    case ARV_BUFFER_STATUS_WRONG_PACKET_ID:
      return "damaged: packets of another frame";
    case ARV_BUFFER_STATUS_SIZE_MISMATCH:
      return "larger than the camera announced";
    case ARV_BUFFER_STATUS_ABORTED:
      return "aborted";
    default:
      return "not complete";
  }
}

DriverFrame AravisDriver::take(ArvBuffer* buffer) {
  const Object<ArvBuffer> held(buffer);
  --in_stream_;
  auto& landing = *static_cast<Landing*>(const_cast<void*>(arv_buffer_get_user_data(buffer)));
  DriverFrame frame;
  frame.number = arv_buffer_get_frame_id(buffer);
  const bool timed = landing.complete_number.load() == frame.number + 1;
  frame.arrived = timed ? SteadyTime(SteadyTime::duration(landing.complete_ns.load()))
                        : std::chrono::steady_clock::now();
  const ArvBufferStatus status = arv_buffer_get_status(buffer);
  if (status != ARV_BUFFER_STATUS_SUCCESS) {
    frame.state = FrameState::damaged;
    frame.fault = why_damaged(status);
  } else {
    if (const auto time = arv_buffer_get_timestamp(buffer)) frame.camera_time_ns = time;
    fill(frame, buffer, landing);
  }
  if (frame.state != FrameState::damaged) read_chunks(frame, buffer);
  const bool still_has_memory = !in_place_ || landing.slot.row(0) != nullptr;
  if (still_has_memory) push(landing);
  return frame;
}

/// Pixels of a complete buffer: the slot itself, or a grey copy in another.
void AravisDriver::fill(DriverFrame& frame, ArvBuffer* buffer, Landing& landing) {
  const auto damaged = [&](std::string why) {
    frame.state = FrameState::damaged;
    frame.fault = std::move(why);
  };
  const ArvBufferPayloadType type = arv_buffer_get_payload_type(buffer);
  if (type != ARV_BUFFER_PAYLOAD_TYPE_IMAGE &&
      type != ARV_BUFFER_PAYLOAD_TYPE_EXTENDED_CHUNK_DATA) {
    return damaged("not a picture: payload type " + std::to_string(type));
  }
  const std::uint32_t format = arv_buffer_get_image_pixel_format(buffer);
  const int width = arv_buffer_get_image_width(buffer);
  const int height = arv_buffer_get_image_height(buffer);
  int padding = 0;
  int rows_after = 0;
  arv_buffer_get_image_padding(buffer, &padding, &rows_after);
  if (format != format_) {
    return damaged("pixels are " + format_name(format) + " instead of " + geometry_.format);
  }
  std::size_t size = 0;
  const auto* pixels = static_cast<const std::uint8_t*>(arv_buffer_get_image_data(buffer, &size));
  size = std::min(size, static_cast<std::size_t>(geometry_.bytes));
  const bool sane = width > 0 && height > 0 && width_fits(packing_, width) && padding >= 0;
  const std::size_t stride =
      sane ? row_bytes(packing_, width) + static_cast<std::size_t>(padding) : 0;
  if (!sane || pixels == nullptr || size / stride < static_cast<std::size_t>(height)) {
    return damaged("a frame of " + std::to_string(width) + "×" + std::to_string(height) + " in " +
                   std::to_string(size) + " bytes");
  }
  if (in_place_ && padding == 0 && pixels == landing.slot.row(0)) {
    frame.pixels = std::move(landing.slot).reshaped(width, height);
    return;
  }
  auto slot = ring_->acquire(width, height);
  if (!slot) {
    frame.state = FrameState::no_slot;
    frame.fault = "no memory was free for the frame";
    return;
  }
  if (!to_grey(packing_, {pixels, size}, stride, *slot)) return damaged("too short");
  frame.pixels = std::move(*slot);
}

std::optional<std::uint64_t> AravisDriver::chunk(ArvBuffer* buffer, const char* name) {
  if (name == nullptr) return std::nullopt;
  Trial trial;
  const auto value =
      arv_chunk_parser_get_integer_value(chunks_.parser.get(), buffer, name, trial.slot());
  if (trial.failed()) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

void AravisDriver::read_chunks(DriverFrame& frame, ArvBuffer* buffer) {
  if (chunks_.parser == nullptr || !arv_buffer_has_chunks(buffer)) return;
  if (!frame.camera_time_ns) frame.camera_time_ns = chunk(buffer, chunks_.time);
  if (const auto number = chunk(buffer, chunks_.number)) frame.number = *number;
  frame.trigger_count = chunk(buffer, chunks_.triggers);
  frame.encoder = chunk(buffer, chunks_.encoder);
}

StreamCounters AravisDriver::counters() const {
  StreamCounters counters;
  if (stream_ == nullptr) return counters;
  guint64 underruns = 0;
  arv_stream_get_statistics(stream_.get(), nullptr, nullptr, &underruns);
  counters.underruns = underruns;
  if (ARV_IS_GV_STREAM(stream_.get())) {
    guint64 resent = 0;
    guint64 missing = 0;
    arv_gv_stream_get_statistics(ARV_GV_STREAM(stream_.get()), &resent, &missing);
    counters.resent_packets = resent;
    counters.missing_packets = missing;
  }
  return counters;
}

}  // namespace

Result<std::unique_ptr<Driver>> open_aravis(const CameraConfig& config, const std::string& where,
                                            std::shared_ptr<vision::FrameRing> ring) {
  return AravisDriver::open(config, where, std::move(ring));
}

}  // namespace backstamp::station::capture
