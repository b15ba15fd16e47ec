#include "station/key_keeper.h"

#include <algorithm>
#include <mutex>

#include "base/file.h"
#include "base/limits.h"
#include "station/key_memory.h"

namespace backstamp::station {
namespace {

namespace fs = std::filesystem;

/// So far the floor on disk may be behind the one that was heard.
constexpr auto kFloorSavedEvery = std::chrono::minutes(1);

Result<std::optional<postal::SignedBundle>> open_if_there(const fs::path& path, ByteView root) {
  const auto file = read_file(path, limits::kKeyBundleBytes);
  if (!file) {
    if (file.error().kind == ErrorKind::not_found) return std::nullopt;
    return std::unexpected(file.error());
  }
  auto bundle = postal::open_bundle(*file, root);
  if (!bundle) return fail(path.string(), bundle.error());
  return std::optional(*std::move(bundle));
}

}  // namespace

struct KeyKeeper::Impl {
  KeysConfig config;
  fs::path directory;
  std::function<void(const std::string&)> log;
  Clocks clocks;
  Bytes root_public_key;

  std::mutex updating;  // one update at a time; guards bundle and memory
  postal::SignedBundle bundle;
  KeyMemory memory;
  UtcTime floor_on_disk{};

  mutable std::mutex mutex;  // guards all below, and is held for moments only
  std::shared_ptr<const postal::Verifier> verifier;
  std::uint64_t sequence = 0;
  UtcTime fresh_at{};
  ClockTrust clock{ClockRule{}};
  mutable bool told_clock = true;  ///< the log knows that it is trusted, or that it is not
  mutable bool told_stale = false;

  fs::path cache() const { return directory / "keys.bundle"; }
  Result<void> choose();
  Result<void> put_in_force();
  void save();
  void tell(const ClockTrust::View& view, bool stale) const;
};

/// Takes the newest of what lies beside the journal and what the configuration names.
Result<void> KeyKeeper::Impl::choose() {
  auto cached = open_if_there(cache(), root_public_key);
  if (!cached) {
    log("keys: not used: " + cached.error().message);
    cached = std::optional<postal::SignedBundle>();
  }
  auto configured = open_if_there(config.bundle, root_public_key);
  if (!*cached) {
    if (!configured) return std::unexpected(configured.error());
    if (!*configured) return fail(ErrorKind::not_found, config.bundle.string() + ": not there");
    bundle = **std::move(configured);
    return {};
  }
  bundle = **std::move(cached);
  if (!configured) {
    log("keys: not used: " + configured.error().message);
    return {};
  }
  if (!*configured) return {};
  const auto newer = postal::is_newer(bundle, **configured);
  if (newer && *newer) bundle = **std::move(configured);
  return {};
}

/// The bundle becomes what pieces are judged by, from the next one on.
Result<void> KeyKeeper::Impl::put_in_force() {
  auto made = postal::Verifier::make(bundle.believed());
  if (!made) return std::unexpected(made.error());
  auto shared = std::make_shared<const postal::Verifier>(*std::move(made));
  const std::lock_guard lock(mutex);
  verifier.swap(shared);  // the old one goes when the last piece that is judged by it is done
  sequence = bundle.sequence();
  clock.raise_floor(bundle.issued_at());
  fresh_at = std::max(bundle.issued_at(), memory.confirmed);
  return {};
}

/// The bundle first: a memory that is newer than it would keep the station from starting.
void KeyKeeper::Impl::save() {
  remember(memory, bundle);
  {
    const std::lock_guard lock(mutex);
    memory.floor = clock.floor();
  }
  auto saved = write_file_durably(cache(), bundle.file());
  if (saved) saved = save_key_memory(directory, memory);
  if (!saved) log("keys: in force, but not kept: " + saved.error().message);
  if (saved) floor_on_disk = memory.floor;
}

/// With the mutex held.
void KeyKeeper::Impl::tell(const ClockTrust::View& view, bool stale) const {
  if (view.trusted != told_clock) {
    told_clock = view.trusted;
    log(view.trusted ? "clock: to be trusted again" : "clock: NOT to be trusted: " + view.why);
  }
  if (stale != told_stale) {
    told_stale = stale;
    log(stale ? "keys: STALE: nobody has said since " + format_utc(fresh_at) +
                    " that they are the newest"
              : "keys: fresh again");
  }
}

KeyKeeper::Now KeyKeeper::clocks() {
  return {utc_now(), std::chrono::steady_clock::now()};
}

KeyKeeper::KeyKeeper(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyKeeper::KeyKeeper(KeyKeeper&&) noexcept = default;
KeyKeeper& KeyKeeper::operator=(KeyKeeper&&) noexcept = default;
KeyKeeper::~KeyKeeper() = default;

Result<KeyKeeper> KeyKeeper::open(KeysConfig config, fs::path directory,
                                  std::function<void(const std::string&)> log, Clocks clocks) {
  auto impl = std::make_unique<Impl>();
  impl->config = std::move(config);
  impl->directory = std::move(directory);
  impl->log = std::move(log);
  impl->clocks = std::move(clocks);
  auto root = postal::load_public_key(impl->config.root);
  if (!root) return std::unexpected(root.error());
  impl->root_public_key = *std::move(root);
  const auto remembered = load_key_memory(impl->directory);
  if (!remembered) return std::unexpected(remembered.error());
  if (auto chosen = impl->choose(); !chosen) return std::unexpected(chosen.error());
  if (*remembered) {
    impl->memory = **remembered;
    if (auto newest = never_go_back(impl->memory, impl->bundle); !newest) {
      return fail(impl->config.bundle.string(), newest.error());
    }
  }
  impl->clock = ClockTrust(impl->config.clock, impl->memory.floor);
  remember(impl->memory, impl->bundle);
  if (auto in_force = impl->put_in_force(); !in_force) return std::unexpected(in_force.error());
  impl->save();
  KeyKeeper keeper(std::move(impl));
  keeper.impl_->log("keys: bundle " + std::to_string(keeper.sequence()));
  (void)keeper.trust();  // tells the log of a clock that is wrong, and of keys that are stale
  return keeper;
}

Trust KeyKeeper::trust() const {
  const Now now = impl_->clocks();
  const std::lock_guard lock(impl_->mutex);
  const ClockTrust::View view = impl_->clock.look(now.clock, now.steady);
  Trust trust;
  trust.verifier = impl_->verifier;
  trust.clock_trusted = view.trusted;
  if (!view.trusted && view.now) trust.day = utc_date(*view.now);
  trust.not_before = utc_date(impl_->clock.floor());
  trust.keys_stale =
      view.now.value_or(impl_->clock.floor()) > impl_->fresh_at + impl_->config.stale_after;
  trust.when_stale = impl_->config.when_stale;
  trust.when_clock_untrusted = impl_->config.when_clock_untrusted;
  impl_->tell(view, trust.keys_stale);
  return trust;
}

std::uint64_t KeyKeeper::sequence() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->sequence;
}

std::string KeyKeeper::clock_state() const {
  const Now now = impl_->clocks();
  const std::lock_guard lock(impl_->mutex);
  const ClockTrust::View view = impl_->clock.look(now.clock, now.steady);
  return view.trusted ? "trusted" : "not trusted: " + view.why;
}

uplink::KeysHeldMessage KeyKeeper::held() const {
  return {postal::public_key_id(impl_->root_public_key), sequence()};
}

uplink::KeysTaken KeyKeeper::take_keys(const Bytes& file) {
  const std::lock_guard updating(impl_->updating);
  const bool delta = postal::looks_like_delta(file);
  auto offered = delta ? postal::apply_delta(impl_->bundle, file, impl_->root_public_key)
                       : postal::open_bundle(file, impl_->root_public_key);
  Result<bool> newer = offered ? postal::is_newer(impl_->bundle, *offered)
                               : Result<bool>(std::unexpected(offered.error()));
  if (newer && !*newer) return uplink::KeysTaken::refused;  // it is the one that is held
  if (newer) {
    std::swap(impl_->bundle, *offered);
    if (auto in_force = impl_->put_in_force(); !in_force) {
      std::swap(impl_->bundle, *offered);
      newer = std::unexpected(in_force.error());
    }
  }
  if (!newer) {
    impl_->log("keys: what the data center brought is refused: " + newer.error().message);
    return delta ? uplink::KeysTaken::want_whole : uplink::KeysTaken::refused;
  }
  impl_->save();
  impl_->log("keys: bundle " + std::to_string(impl_->bundle.sequence()) + " is in force" +
             (delta ? " (by a delta)" : ""));
  return uplink::KeysTaken::taken;
}

void KeyKeeper::take_time(const Bytes& statement) {
  const std::lock_guard updating(impl_->updating);
  const auto time = postal::open_time(statement, impl_->bundle);
  if (!time) {
    impl_->log("clock: " + time.error().message);
    return;
  }
  const Now now = impl_->clocks();
  UtcTime floor{};
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->clock.hear(time->time, now.steady);
    floor = impl_->clock.floor();
    // Said of a newer bundle, it says that this one is not the newest any more.
    if (time->sequence <= impl_->sequence && time->time > impl_->memory.confirmed) {
      impl_->memory.confirmed = time->time;
      impl_->fresh_at = std::max(impl_->fresh_at, time->time);
    }
  }
  (void)trust();
  if (floor < impl_->floor_on_disk + kFloorSavedEvery) return;
  impl_->memory.floor = floor;
  if (auto saved = save_key_memory(impl_->directory, impl_->memory); !saved) {
    impl_->log("clock: the time is not kept: " + saved.error().message);
    return;
  }
  impl_->floor_on_disk = floor;
}

uplink::StationKeys KeyKeeper::for_uplink() {
  return {[this] { return held(); }, [this](const Bytes& file) { return take_keys(file); },
          [this](const Bytes& statement) { take_time(statement); }};
}

}  // namespace backstamp::station
