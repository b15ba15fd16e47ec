#include "datacenter/key_publisher.h"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

#include "base/file.h"
#include "base/limits.h"

namespace backstamp::datacenter {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBundlesKept = 32;                 ///< for deltas
constexpr std::uint64_t kBundleBytesKept = 64ull << 20;  ///< of them together
constexpr std::string_view kEnding = ".bundle";

/// What tells one content of a file from another without reading it.
struct Stamp {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, static_cast<std::uint64_t>(status.st_size),
          status.st_ino};
}

Result<postal::SignedBundle> open_file(const fs::path& path, ByteView root) {
  const auto file = read_file(path, limits::kKeyBundleBytes);
  if (!file) return std::unexpected(file.error());
  auto bundle = postal::open_bundle(*file, root);
  if (!bundle) return fail(path.string(), bundle.error());
  return bundle;
}

}  // namespace

struct KeyPublisher::Impl {
  Config::Keys config;
  fs::path memory;
  std::function<void(std::string)> log;
  Bytes root_public_key;
  std::optional<postal::SigningKey> clock;

  mutable std::mutex mutex;  // guards all below
  Stamp seen;
  std::deque<postal::SignedBundle> bundles;  ///< in ascending order; the last is in force
  std::shared_ptr<const Bytes> newest;       ///< its file
  mutable std::map<std::uint64_t, uplink::KeysToSend> deltas;  ///< to the newest, by base

  Result<void> remember();
  Result<bool> take(postal::SignedBundle bundle);
  void forget_oldest();
  fs::path file_of(std::uint64_t sequence) const {
    return memory / (std::to_string(sequence) + std::string(kEnding));
  }
};

/// Reads what was published before this start.
Result<void> KeyPublisher::Impl::remember() {
  std::error_code error;
  fs::create_directories(memory, error);
  if (error) return fail(ErrorKind::io, memory.string() + ": " + error.message());
  for (const auto& entry : fs::directory_iterator(memory, error)) {
    if (entry.path().extension() != kEnding) continue;
    auto bundle = open_file(entry.path(), root_public_key);
    if (!bundle) {  // of another root: those count from the beginning
      log("keys: not used any more: " + bundle.error().message);
      continue;
    }
    bundles.push_back(*std::move(bundle));
  }
  std::sort(bundles.begin(), bundles.end(),
            [](const auto& a, const auto& b) { return a.sequence() < b.sequence(); });
  if (!bundles.empty()) newest = std::make_shared<const Bytes>(bundles.back().file());
  return {};
}

/// Puts a bundle in force; false when it is the one that is.
Result<bool> KeyPublisher::Impl::take(postal::SignedBundle bundle) {
  if (!bundles.empty()) {
    const auto newer = postal::is_newer(bundles.back(), bundle);
    if (!newer || !*newer) return newer;
  }
  // As a station will take it: what it could not use is not sent to any.
  if (const auto verifier = postal::Verifier::make(bundle.believed()); !verifier) {
    return std::unexpected(verifier.error());
  }
  Bytes file = bundle.file();
  if (auto written = write_file_durably(file_of(bundle.sequence()), file); !written) {
    return std::unexpected(written.error());
  }
  newest = std::make_shared<const Bytes>(std::move(file));
  bundles.push_back(std::move(bundle));
  deltas.clear();
  forget_oldest();
  return true;
}

void KeyPublisher::Impl::forget_oldest() {
  std::uint64_t bytes = 0;
  std::size_t kept = 0;
  for (auto bundle = bundles.rbegin(); bundle != bundles.rend(); ++bundle) {
    bytes += bundle->file().size();
    if (kept > 0 && (kept == kBundlesKept || bytes > kBundleBytesKept)) break;
    ++kept;
  }
  while (bundles.size() > kept) {
    std::error_code error;
    fs::remove(file_of(bundles.front().sequence()), error);
    bundles.pop_front();
  }
}

KeyPublisher::KeyPublisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyPublisher::KeyPublisher(KeyPublisher&&) noexcept = default;
KeyPublisher& KeyPublisher::operator=(KeyPublisher&&) noexcept = default;
KeyPublisher::~KeyPublisher() = default;

Result<KeyPublisher> KeyPublisher::open(const Config::Keys& config, const fs::path& memory,
                                        std::function<void(std::string)> log) {
  auto impl = std::make_unique<Impl>();
  impl->config = config;
  impl->memory = memory;
  impl->log = std::move(log);
  auto root = postal::load_public_key(config.root);
  if (!root) return std::unexpected(root.error());
  impl->root_public_key = *std::move(root);
  auto clock = postal::SigningKey::load(config.time_key);
  if (!clock) return std::unexpected(clock.error());
  impl->clock.emplace(*std::move(clock));
  if (auto remembered = impl->remember(); !remembered) return std::unexpected(remembered.error());
  impl->seen = stamp_of(config.bundle);
  auto bundle = open_file(config.bundle, impl->root_public_key);
  if (!bundle) return std::unexpected(bundle.error());
  const auto taken = impl->take(*std::move(bundle));
  if (!taken) return fail(config.bundle.string(), taken.error());
  return KeyPublisher(std::move(impl));
}

bool KeyPublisher::look() {
  const std::scoped_lock guard(impl_->mutex);
  const Stamp now = stamp_of(impl_->config.bundle);
  if (now == impl_->seen) return false;
  impl_->seen = now;
  auto bundle = open_file(impl_->config.bundle, impl_->root_public_key);
  if (!bundle) {
    impl_->log("keys: not published: " + bundle.error().message);
    return false;
  }
  const auto taken = impl_->take(*std::move(bundle));
  if (!taken) {
    impl_->log("keys: " + impl_->config.bundle.string() +
               " is not published: " + taken.error().message);
    return false;
  }
  if (*taken) {
    impl_->log("keys: published bundle " + std::to_string(impl_->bundles.back().sequence()));
  }
  return *taken;
}

std::uint64_t KeyPublisher::sequence() const {
  const std::scoped_lock guard(impl_->mutex);
  return impl_->bundles.back().sequence();
}

Bytes KeyPublisher::root_public_key() const {
  return impl_->root_public_key;
}

Bytes KeyPublisher::bundle() const {
  const std::scoped_lock guard(impl_->mutex);
  return *impl_->newest;
}

std::optional<uplink::KeysToSend> KeyPublisher::lacking(const uplink::KeysHeldMessage& held) const {
  const std::scoped_lock guard(impl_->mutex);
  const postal::SignedBundle& newest = impl_->bundles.back();
  if (held.root != newest.root || held.sequence >= newest.sequence()) return std::nullopt;
  if (const auto known = impl_->deltas.find(held.sequence); known != impl_->deltas.end()) {
    return known->second;
  }
  const auto base = std::find_if(impl_->bundles.begin(), impl_->bundles.end(),
                                 [&](const auto& one) { return one.sequence() == held.sequence; });
  uplink::KeysToSend keys{newest.sequence(), impl_->newest};
  if (base == impl_->bundles.end()) return keys;
  if (auto delta = postal::make_delta(*base, newest);
      delta && delta->size() < impl_->newest->size()) {
    keys.file = std::make_shared<const Bytes>(*std::move(delta));
  }
  impl_->deltas[held.sequence] = keys;
  return keys;
}

Bytes KeyPublisher::time(UtcTime now) const {
  const auto statement = postal::sign_time({now, sequence()}, *impl_->clock);
  return statement ? *statement : Bytes();
}

}  // namespace backstamp::datacenter
