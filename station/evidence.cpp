#include "station/evidence.h"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "postal/event_json.h"
#include "vision/decode_pool.h"

namespace backstamp::station {
namespace {

constexpr std::size_t kQueueLimit = 16;

/// A file name from a sample's name: nothing in it may lead out of the folder.
std::string file_stem(const postal::ScanEvent& event) {
  std::string stem = std::to_string(event.piece);
  stem.insert(0, stem.size() < 8 ? 8 - stem.size() : 0, '0');
  if (event.sample.empty()) return stem;
  stem += '-';
  const std::string name = event.sample.substr(0, event.sample.find_last_of('.'));
  for (const char c : name.substr(0, 64)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    stem += plain ? c : '_';
  }
  return stem;
}

vision::Frame copy_of(vision::ImageView picture) {
  vision::Frame copy(picture.width_px, picture.height_px);
  for (int y = 0; y < picture.height_px; ++y) {
    std::memcpy(copy.row(y), picture.row(y), static_cast<std::size_t>(picture.width_px));
  }
  return copy;
}

}  // namespace

struct Evidence::Impl {
  struct Item {
    std::string stem;
    std::string json;
    vision::Frame picture;
  };

  std::filesystem::path directory;
  std::uint64_t limit = 0;
  std::mutex mutex;
  std::condition_variable_any ready;
  std::condition_variable_any settled;
  bool writing = false;
  std::deque<Item> queue;
  Counters counters;
  std::uint64_t there = 0;
  std::jthread writer;

  void run(const std::stop_token& stop) {
    for (;;) {
      std::unique_lock lock(mutex);
      ready.wait(lock, stop, [this] { return !queue.empty(); });
      if (queue.empty()) return;
      const Item item = std::move(queue.front());
      queue.pop_front();
      writing = true;
      lock.unlock();
      const bool kept = write(item);
      lock.lock();
      writing = false;
      ++(kept ? counters.kept : counters.left_out);
      settled.notify_all();
    }
  }

  bool write(const Item& item) const {
    const auto png = vision::pack_png(item.picture.view());
    return png && put(item.stem + ".png", *png) && put(item.stem + ".json", as_bytes(item.json));
  }

  bool put(const std::string& name, ByteView content) const {
    return write_file_durably(directory / name, content).has_value();
  }
};

Result<Evidence> Evidence::open(std::filesystem::path directory, std::uint64_t limit_pictures) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return fail(ErrorKind::io, directory.string() + ": " + error.message());
  auto impl = std::make_unique<Impl>();
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".png") ++impl->there;
  }
  impl->directory = std::move(directory);
  impl->limit = limit_pictures;
  impl->writer = std::jthread([raw = impl.get()](const std::stop_token& stop) { raw->run(stop); });
  return Evidence(std::move(impl));
}

void Evidence::keep(const postal::ScanEvent& event, vision::ImageView picture) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->there >= impl_->limit || impl_->queue.size() >= kQueueLimit) {
      ++impl_->counters.left_out;
      return;
    }
    ++impl_->there;
    impl_->queue.push_back(
        {file_stem(event), postal::event_to_json(event) + "\n", copy_of(picture)});
  }
  impl_->ready.notify_one();
}

Evidence::Counters Evidence::settle() {
  std::unique_lock lock(impl_->mutex);
  impl_->settled.wait(lock, [this] { return impl_->queue.empty() && !impl_->writing; });
  return impl_->counters;
}

Evidence::Evidence(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Evidence::Evidence(Evidence&&) noexcept = default;
Evidence::~Evidence() {
  if (impl_) impl_->writer.request_stop();
}

}  // namespace backstamp::station
