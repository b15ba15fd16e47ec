// backstamp-fake-camera: a GigE Vision camera for trials without hardware.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/process.h"
#include "programs/command_line.h"
#include "programs/fake-camera/camera.h"

namespace {

using namespace backstamp;

/// The pictures as they lie in the file: several cameras that show the same share one memory.
Result<std::span<const std::uint8_t>> map_pictures(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || status.st_size == 0) {
    return fail(ErrorKind::io, path.string() + ": cannot be read, or is empty");
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) return std::unexpected(system_error(path.string(), errno));
  return std::span(static_cast<const std::uint8_t*>(mapped), bytes);
}

/// Each line of a descriptor is a trigger: the number of the picture to show, or nothing for the
/// next. Returns at its end, or when told to stop.
void serve_triggers(fake_camera::Camera& camera, int descriptor, const std::stop_token& stop) {
  constexpr int kLook_ms = 100;
  std::string line;
  std::uint32_t next = 0;
  char bytes[256];
  while (!stop.stop_requested()) {
    pollfd ready{descriptor, POLLIN, 0};
    if (::poll(&ready, 1, kLook_ms) <= 0) continue;
    const ssize_t got = ::read(descriptor, bytes, sizeof bytes);
    if (got <= 0) return;
    for (const char byte : std::string_view(bytes, static_cast<std::size_t>(got))) {
      if (byte != '\n') {
        if (line.size() < 16) line += byte;
        continue;
      }
      std::uint32_t picture = next;
      std::from_chars(line.data(), line.data() + line.size(), picture);
      camera.trigger(picture);
      next = picture + 1;
      line.clear();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "A GigE Vision camera without glass, for trials: it answers on the network as a real one\n"
      "does and sends numbered test pictures, or those it is given.\n",
      "backstamp fake-camera");
  app.footer(
      "Examples:\n"
      "  backstamp fake-camera --address 127.0.0.2 --serial FRONT --rate 17\n"
      "  backstamp fake-camera --pictures faces.grey --width 1760 --height 880 --triggers 0\n"
      "\n"
      "Every camera needs an address of its own: any of 127.0.0.0/8 will do.");
  fake_camera::Options options;
  std::filesystem::path pictures;
  int triggers = -1;
  app.add_option("--address", options.address, "where it answers: an address of this machine")
      ->check(CLI::ValidIPV4)
      ->capture_default_str();
  app.add_option("--serial", options.serial, "its serial number, 1 to 15 characters")
      ->check([](const std::string& serial) {
        return serial.empty() || serial.size() > 15 ? "1 to 15 characters" : "";
      })
      ->capture_default_str();
  app.add_option("--model", options.model, "its model")->capture_default_str();
  app.add_option("--width", options.width_px, "pixels in a row")
      ->check(CLI::Range(8, 2048))
      ->capture_default_str();
  app.add_option("--height", options.height_px, "rows")
      ->check(CLI::Range(1, 2048))
      ->capture_default_str();
  app.add_option("--rate", options.frames_per_s, "frames a second, where no trigger starts them")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  app.add_option("--pictures", pictures,
                 "a file of grey pictures, width times height bytes each, one after the other")
      ->check(CLI::ExistingFile);
  app.add_option("--triggers", triggers,
                 "a descriptor (0 is standard input) of which each line starts one frame: the "
                 "number of a picture, or nothing for the next; it ends with it")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--lose", options.lost_packets, "the share of packets that get lost on their way")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--freeze-after", options.freeze_after,
                 "after so many frames, always the same one");
  BACKSTAMP_PARSE(app, argc, argv);

  std::stop_source& stop = stop_on_signals();
  options.triggered = triggers >= 0;
  if (!pictures.empty()) {
    auto mapped = map_pictures(pictures);
    if (!mapped) return programs::failed("fake-camera", mapped.error());
    options.pictures = *mapped;
  }
  const std::string serial = options.serial;
  const std::string address = options.address;
  auto camera = fake_camera::Camera::start(std::move(options));
  if (!camera) return programs::failed("fake-camera", camera.error());
  std::printf("%s answers at %s\n", serial.c_str(), address.c_str());
  std::fflush(stdout);
  if (triggers >= 0) {
    serve_triggers(**camera, triggers, stop.get_token());
  } else {
    while (!stop.stop_requested()) ::usleep(50'000);
  }
  std::fprintf(stderr, "%llu frames sent\n",
               static_cast<unsigned long long>((*camera)->frames_sent()));
  return programs::kDone;
}
