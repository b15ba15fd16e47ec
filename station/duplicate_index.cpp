#include "station/duplicate_index.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "base/file.h"
#include "postal/duplicates.h"
#include "station/seen/part.h"
#include "station/seen/table.h"

namespace backstamp::station {

using postal::ScanEvent;
using postal::TokenIdentity;
using seen::Part;
using seen::Table;

namespace {

constexpr auto kCommitPatience = std::chrono::seconds(30);
constexpr std::uint32_t kClaimsMask = (1u << kClaimsBits) - 1;

/// What lookups see: the packed parts, and full ones that are being packed.
struct Parts {
  std::vector<std::shared_ptr<const Part>> packed;  ///< the oldest first
  std::vector<std::shared_ptr<const Table>> full;
};

/// Two parts may know the same token: the last reading counts, and what holds of all holds.
void merge(std::optional<SeenToken>& into, const SeenToken& more) {
  if (!into) {
    into = more;
    return;
  }
  const bool newer = more.at > into->at;
  const SeenToken& last = newer ? more : *into;
  into = SeenToken{last.at, last.rejected, into->inducted || more.inducted,
                   static_cast<std::uint8_t>(into->face | more.face),
                   into->claims != 0 ? into->claims : more.claims};
}

std::chrono::sys_days day_of(UtcTime at) {
  return std::chrono::floor<std::chrono::days>(at);
}

std::uint64_t random_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace

std::uint32_t kept_claims(std::uint32_t mark) {
  return mark == 0 ? 0 : std::max(1u, mark & kClaimsMask);
}

struct DuplicateIndex::Impl {
  DuplicateIndexOptions options;
  std::uint64_t seed = random_seed();
  std::uint64_t next_number = 1;
  std::uint64_t from_files = 0;

  // Of the thread that notes.
  std::shared_ptr<Table> growing;
  seen::Coverage covered;  ///< by `growing`, also while it does not exist yet
  std::size_t restore_hint = 0;

  mutable std::mutex mutex;  ///< parts, queue, and the three under it
  std::shared_ptr<const Parts> parts = std::make_shared<Parts>();
  std::deque<std::shared_ptr<const Table>> queue;
  std::condition_variable_any changed;
  bool packing = false;
  std::jthread packer;  ///< last: it uses the members above

  // ---- looking up ------------------------------------------------------------------------------

  std::shared_ptr<const Parts> now() const {
    const std::lock_guard lock(mutex);
    return parts;
  }

  std::optional<SeenToken> find(const TokenIdentity& token) const {
    std::optional<SeenToken> found;
    if (growing) found = growing->find(token);
    const auto seen_by = now();
    for (const auto& table : seen_by->full) {
      if (const auto one = table->find(token)) merge(found, *one);
    }
    find_packed(seen_by->packed, token, found);
    return found;
  }

  /// The places in memory are asked for before the first is needed: one wait instead of fifty.
  static void find_packed(std::span<const std::shared_ptr<const Part>> packed,
                          const TokenIdentity& token, std::optional<SeenToken>& found) {
    constexpr std::size_t kAtOnce = 64;
    while (!packed.empty()) {
      const auto some = packed.first(std::min(kAtOnce, packed.size()));
      std::array<Part::Place, kAtOnce> places{};
      for (std::size_t i = 0; i < some.size(); ++i) {
        places[i] = some[i]->place(token);
        some[i]->fetch(places[i]);
      }
      for (std::size_t i = 0; i < some.size(); ++i) {
        const seen::Entry* entry = some[i]->find_at(places[i], token);
        if (entry != nullptr) merge(found, seen::unpack(*entry, some[i]->base()));
      }
      packed = packed.subspan(some.size());
    }
  }

  // ---- noting ----------------------------------------------------------------------------------

  void note(const ScanEvent& event) {
    cover(event.id);
    if (!postal::stands_for_a_piece(event)) return;
    const postal::TokenReading reading = postal::reading_of(event);
    SeenToken seen{reading.at, reading.rejected, reading.role == postal::StationRole::induction,
                   reading.face, kept_claims(reading.claims)};
    if (const auto before = find(*event.token)) {
      seen.inducted = seen.inducted || before->inducted;
      seen.face |= before->face;
      if (before->claims != 0) seen.claims = before->claims;
    }
    put(*event.token, seen, event.id.sequence);
  }

  /// Everything of the journal up to here is in `growing` or before it.
  void cover(const postal::EventId& id) {
    if (covered.first == 0) covered = {id.epoch, id.sequence, id.sequence};
    covered.last = id.sequence;
  }

  void put(const TokenIdentity& token, const SeenToken& seen, std::uint64_t sequence) {
    if (growing && day_of(seen.at) > day_of(growing->base())) hand_over(sequence);
    if (growing && growing->put(token, seen)) return;
    if (growing) hand_over(sequence);
    growing = std::make_shared<Table>(options.day_entries, seed, seen.at);
    growing->put(token, seen);
  }

  /// The growing part is full, or its day is over: what comes from `sequence` on is another's.
  void hand_over(std::uint64_t sequence) {
    if (growing) {
      growing->coverage = {covered.epoch, covered.first, sequence - 1};
      const std::lock_guard lock(mutex);
      auto next = std::make_shared<Parts>(*parts);
      next->full.push_back(growing);
      parts = std::move(next);
      queue.push_back(std::move(growing));
    }
    growing.reset();
    covered.first = sequence;
    changed.notify_all();
  }

  // ---- packing, on a thread of its own ---------------------------------------------------------

  void run(const std::stop_token& stop) {
    for (;;) {
      std::shared_ptr<const Table> table;
      std::uint64_t number = 0;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, stop, [this] { return !queue.empty(); });
        if (queue.empty() || stop.stop_requested()) return;
        table = std::move(queue.front());
        queue.pop_front();
        packing = true;
        number = next_number++;
      }
      const auto part = Part::pack(*table, number);
      const auto forgotten = replace(table, part);
      keep(*part, stop);
      for (const auto& old : forgotten) remove(old->number());
      const std::lock_guard lock(mutex);
      packing = false;
      changed.notify_all();
    }
  }

  /// A part in the place of its table; returns those whose time is over.
  std::vector<std::shared_ptr<const Part>> replace(const std::shared_ptr<const Table>& table,
                                                   const std::shared_ptr<const Part>& part) {
    const std::lock_guard lock(mutex);
    auto next = std::make_shared<Parts>(*parts);
    std::erase(next->full, table);
    next->packed.push_back(part);
    auto forgotten = expire(next->packed);
    parts = std::move(next);
    return forgotten;
  }

  /// Takes out what is older than the days that are kept, and what is too much.
  std::vector<std::shared_ptr<const Part>> expire(
      std::vector<std::shared_ptr<const Part>>& packed) const {
    std::uint64_t entries = 0;
    std::set<std::chrono::sys_days> days;
    std::size_t keep = packed.size();
    for (; keep > 0; --keep) {
      const Part& part = *packed[keep - 1];
      days.insert(part.day());
      entries += part.size();
      const bool too_old = days.size() > options.days + 1;  // the day that goes on may be one
      if (too_old || (entries > options.most_entries && keep < packed.size())) break;
    }
    const auto end = packed.begin() + static_cast<std::ptrdiff_t>(keep);
    std::vector<std::shared_ptr<const Part>> forgotten(packed.begin(), end);
    packed.erase(packed.begin(), end);
    return forgotten;
  }

  /// Writes a part once the journal holds all that it says.
  void keep(const Part& part, const std::stop_token& stop) const {
    if (options.directory.empty()) return;
    const auto until = std::chrono::steady_clock::now() + kCommitPatience;
    while (options.committed && options.committed() < part.coverage().last) {
      if (stop.stop_requested() || std::chrono::steady_clock::now() > until) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (auto saved = part.save(options.directory); !saved) {
      say("duplicate index: " + saved.error().message + "; the journal holds it all the same");
    }
  }

  void remove(std::uint64_t number) const {
    if (options.directory.empty()) return;
    std::error_code ignored;
    std::filesystem::remove(options.directory / Part::file_name(number), ignored);
  }

  void say(const std::string& line) const {
    if (options.log) options.log(line);
  }

  // ---- starting --------------------------------------------------------------------------------

  Result<void> load() {
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(options.directory, error)) {
      if (entry.path().extension() == ".seen") files.push_back(entry.path());
    }
    if (error) return fail(ErrorKind::io, options.directory.string() + ": " + error.message());
    std::sort(files.begin(), files.end());
    auto loaded = std::make_shared<Parts>();
    for (const auto& file : files) {
      auto part = Part::load(file);
      if (!part) {
        say("duplicate index: " + part.error().message + "; rebuilt from the journal");
        std::filesystem::remove(file, error);
        continue;
      }
      next_number = std::max(next_number, (*part)->number() + 1);
      from_files += (*part)->size();
      loaded->packed.push_back(std::move(*part));
    }
    parts = std::move(loaded);
    return {};
  }

  /// The part from a file that says that it holds this event.
  const Part* part_of(const Parts& held, const postal::EventId& id) {
    const auto& packed = held.packed;
    const auto holds = [&](std::size_t at) {
      return at < packed.size() && packed[at]->coverage().holds(id.epoch, id.sequence);
    };
    if (holds(restore_hint)) return packed[restore_hint].get();
    for (std::size_t at = 0; at < packed.size(); ++at) {
      if (!holds(at)) continue;
      restore_hint = at;
      return packed[at].get();
    }
    return nullptr;
  }

  void restore(const ScanEvent& event) {
    const auto held = now();
    const Part* part = part_of(*held, event.id);
    if (part == nullptr) {
      note(event);
      return;
    }
    if (covered.first != 0) {  // what was noted ends before what a file covers
      hand_over(event.id.sequence);
      covered = {};
    }
    if (!postal::stands_for_a_piece(event)) return;
    const seen::Entry* entry = part->find(*event.token);
    const auto step = std::chrono::milliseconds(10);
    if (entry != nullptr && seen::unpack(*entry, part->base()).at + step >= event.induced_at)
      return;
    note(event);  // the file is older than the journal, or of another one
    covered = {};
  }
};

Result<DuplicateIndex> DuplicateIndex::open(DuplicateIndexOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  if (!impl->options.directory.empty()) {
    if (auto loaded = impl->load(); !loaded) return std::unexpected(loaded.error());
  }
  impl->packer = std::jthread([raw = impl.get()](const std::stop_token& stop) { raw->run(stop); });
  return DuplicateIndex(std::move(impl));
}

DuplicateIndex DuplicateIndex::in_memory() {
  return *open({});
}

void DuplicateIndex::restore(const ScanEvent& event) {
  impl_->restore(event);
}

std::optional<SeenToken> DuplicateIndex::find(const TokenIdentity& token) const {
  return impl_->find(token);
}

void DuplicateIndex::note(const ScanEvent& event) {
  impl_->note(event);
}

std::uint64_t DuplicateIndex::entries() const {
  const auto now = impl_->now();
  std::uint64_t count = impl_->growing ? impl_->growing->size() : 0;
  for (const auto& table : now->full) count += table->size();
  for (const auto& part : now->packed) count += part->size();
  return count;
}

std::size_t DuplicateIndex::parts() const {
  return impl_->now()->packed.size();
}

std::uint64_t DuplicateIndex::restored() const {
  return impl_->from_files;
}

void DuplicateIndex::settle() {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return impl_->queue.empty() && !impl_->packing; });
}

DuplicateIndex::DuplicateIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DuplicateIndex::DuplicateIndex(DuplicateIndex&&) noexcept = default;
DuplicateIndex& DuplicateIndex::operator=(DuplicateIndex&&) noexcept = default;
DuplicateIndex::~DuplicateIndex() = default;

}  // namespace backstamp::station
