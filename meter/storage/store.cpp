#include "meter/storage/store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/assert.h"
#include "base/crc32c.h"

namespace backstamp::meter {
namespace {

constexpr std::uint64_t kJournalBytes = 1ull << 30;
constexpr std::string_view kSlotMagic = "BSVAULT1";
constexpr std::size_t kBytesPerPiece = 80;  // about; decides only when compaction pays

std::filesystem::path slots_path(const std::filesystem::path& folder) {
  return folder / "registers";
}

Result<void> write_at(int fd, ByteView bytes, std::uint64_t offset, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(system_error(what, errno));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  if (::fdatasync(fd) != 0) return std::unexpected(system_error(what, errno));
  return {};
}

Result<UniqueFd> open_for_writing(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return std::unexpected(system_error("open " + path.string(), errno));
  return fd;
}

std::optional<Slot> slot_at(ByteView file, std::size_t place) {
  const std::size_t offset = place * kSlotStride;
  if (file.size() < offset + kSlotBytes) return {};
  auto slot = decode_slot(file.subspan(offset, kSlotBytes));
  if (slot && slot->commit % 2 != place) return {};
  return slot;
}

}  // namespace

Bytes encode_slot(const Slot& slot) {
  const Registers& registers = slot.registers;
  Bytes bytes(kSlotMagic.begin(), kSlotMagic.end());
  const auto append = [&bytes](std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  };
  for (const std::uint64_t value : {slot.commit, slot.generation, slot.length, slot.sequence,
                                    static_cast<std::uint64_t>(registers.ascending.mills),
                                    static_cast<std::uint64_t>(registers.descending.mills),
                                    static_cast<std::uint64_t>(registers.funded.mills),
                                    registers.counter, registers.registered_through}) {
    append(value, 8);
  }
  append(crc32c(bytes), 4);
  BACKSTAMP_ASSERT(bytes.size() == kSlotBytes);
  return bytes;
}

std::optional<Slot> decode_slot(ByteView bytes) {
  if (bytes.size() != kSlotBytes) return {};
  const auto number = [bytes](std::size_t offset, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value |= static_cast<std::uint64_t>(bytes[offset + i]) << (8 * i);
    }
    return value;
  };
  if (as_text(bytes.first(kSlotMagic.size())) != kSlotMagic) return {};
  if (number(kSlotBytes - 4, 4) != crc32c(bytes.first(kSlotBytes - 4))) return {};
  const auto field = [&](std::size_t index) { return number(kSlotMagic.size() + 8 * index, 8); };
  const auto money = [&](std::size_t index) {
    return postal::Money{static_cast<std::int64_t>(field(index))};
  };
  return Slot{field(0), field(1), field(2), field(3),
              Registers{money(4), money(5), money(6), field(7), field(8)}};
}

std::filesystem::path Store::journal_path(std::uint64_t generation) const {
  return folder_ / ("journal." + std::to_string(generation));
}

Result<void> Store::create(const std::filesystem::path& folder, const VaultState& state) {
  const Bytes journal = encode_record(1, SnapshotRecord{state});
  if (auto ok = write_file_durably(folder / "journal.1", journal, 0600); !ok) return ok;
  Bytes slots(2 * kSlotStride);
  for (std::uint64_t commit = 1; commit <= 2; ++commit) {
    const Bytes slot = encode_slot({commit, 1, journal.size(), 1, state.registers});
    std::copy(slot.begin(), slot.end(),
              slots.begin() + static_cast<std::ptrdiff_t>(commit % 2 * kSlotStride));
  }
  return write_file_durably(slots_path(folder), slots, 0600);
}

Result<Store> Store::open(const std::filesystem::path& folder, std::shared_ptr<Floor> floor) {
  Store store;
  store.folder_ = folder;
  store.floor_ = std::move(floor);
  if (store.floor_) {
    const auto mark = store.floor_->read();
    if (!mark) return std::unexpected(mark.error());
    store.mark_ = *mark;
  }
  const auto slots = read_file(slots_path(folder), 2 * kSlotStride);
  if (!slots) return std::unexpected(slots.error());
  const auto first = slot_at(*slots, 0);
  const auto second = slot_at(*slots, 1);
  if (!first && !second) {
    return fail(ErrorKind::invalid, slots_path(folder).string() +
                                        ": both slots are damaged; print nothing with this meter "
                                        "and have it replaced");
  }
  const Slot newest = !second || (first && first->commit > second->commit) ? *first : *second;
  const auto path = store.journal_path(newest.generation);
  const auto bytes = read_file(path, kJournalBytes);
  if (!bytes) return std::unexpected(bytes.error());
  auto journal_fd = open_for_writing(path);
  if (!journal_fd) return std::unexpected(journal_fd.error());
  auto slots_fd = open_for_writing(slots_path(folder));
  if (!slots_fd) return std::unexpected(slots_fd.error());
  store.journal_ = std::move(*journal_fd);
  store.slots_ = std::move(*slots_fd);
  const bool both_slots = first && second && first->generation == second->generation;
  if (auto ok = store.recover(*bytes, newest, both_slots); !ok) {
    return fail(path.string(), ok.error());
  }
  if (auto ok = store.check_floor(); !ok) return std::unexpected(ok.error());
  // What a compaction that was cut short left lying.
  std::error_code ignored;
  std::filesystem::remove(store.journal_path(newest.generation + 1), ignored);
  if (newest.generation > 1) {
    std::filesystem::remove(store.journal_path(newest.generation - 1), ignored);
  }
  return store;
}

/// A single crash leaves either both slots whole and perhaps a torn record after what counts, or
/// one slot torn and the journal whole. Everything else is damage, and to guess could print a
/// counter twice.
Result<void> Store::recover(ByteView journal_bytes, const Slot& newest, bool both_slots) {
  auto replayed = replay_journal(journal_bytes);
  if (!replayed) return std::unexpected(replayed.error());
  const auto& ends = replayed->ends;
  const auto counted = std::find(ends.begin(), ends.end(), newest.length);
  const auto index = static_cast<std::size_t>(counted - ends.begin());
  if (counted == ends.end() || replayed->first_sequence + index != newest.sequence ||
      replayed->registers[index] != newest.registers) {
    return fail(ErrorKind::invalid,
                "the journal is damaged: it does not agree with the registers; print nothing with "
                "this meter and have it replaced");
  }
  const bool torn = ends.back() != journal_bytes.size();
  // A print that the floor does not cover never left the meter: it is as if it had not been.
  if (floor_ && replayed->last_printed > std::max(mark_.sequence, newest.sequence)) {
    if (auto cut = cut_journal(newest.length); !cut) return cut;
    return recover(journal_bytes.first(newest.length), newest, both_slots);
  }
  if (torn && (!both_slots || ends.back() != newest.length)) {
    return fail(ErrorKind::invalid,
                "the journal is damaged at its end in a way that no crash leaves; print nothing "
                "with this meter and have it replaced");
  }
  if (torn) {
    if (auto cut = cut_journal(newest.length); !cut) return cut;
  }
  state_ = std::move(replayed->state);
  slot_ = newest;
  if (both_slots && ends.back() == newest.length) return {};
  // A record that is whole counts, and the damaged slot is written anew.
  if (::fsync(journal_.get()) != 0) return std::unexpected(system_error("fsync", errno));
  slot_.length = ends.back();
  slot_.sequence = replayed->last_sequence();
  return write_slot();
}

Result<void> Store::cut_journal(std::uint64_t length) {
  if (::ftruncate(journal_.get(), static_cast<off_t>(length)) != 0 ||
      ::fsync(journal_.get()) != 0) {
    return std::unexpected(system_error("cut the end of the journal", errno));
  }
  return {};
}

/// Files that are behind the floor are those of an earlier day.
Result<void> Store::check_floor() {
  if (!floor_) return {};
  const Registers& registers = state_.registers;
  if (slot_.sequence >= mark_.sequence && registers.counter >= mark_.counter &&
      registers.ascending >= mark_.ascending) {
    return {};
  }
  return fail(ErrorKind::refused,
              folder_.string() + ": AN OLD COPY: its last piece is " +
                  std::to_string(registers.counter) + ", and the meter's device knows piece " +
                  std::to_string(mark_.counter) +
                  "; nothing is printed from it: put the newest copy back, or have the meter "
                  "replaced");
}

/// After this the pieces of a record may leave the meter, and no copy of before is believed again.
Result<void> Store::raise_floor(const PrintedRecord& record) {
  FloorMark mark{slot_.sequence + 1, state_.registers.counter, state_.registers.ascending};
  for (const PieceRecord& piece : record.pieces) {
    mark.counter = piece.counter;
    mark.ascending.mills += piece.postage.mills;
  }
  auto raised = floor_->raise(mark);
  floor_failed_ = !raised;
  return raised;
}

Result<void> Store::write_slot() {
  ++slot_.commit;
  slot_.registers = state_.registers;
  return write_at(slots_.get(), encode_slot(slot_), slot_.commit % 2 * kSlotStride,
                  "write " + slots_path(folder_).string());
}

Result<void> Store::commit(const Record& record) {
  if (failed_) {
    return fail(ErrorKind::io, folder_.string() +
                                   ": an earlier write failed, so nothing more is committed; open "
                                   "the vault anew");
  }
  const Bytes bytes = encode_record(slot_.sequence + 1, record);
  if (slot_.length + bytes.size() > kJournalBytes) {
    return fail(ErrorKind::limit, folder_.string() + ": the journal is full: register its pieces");
  }
  failed_ = true;  // until the whole commit has succeeded
  if (auto ok = write_at(journal_.get(), bytes, slot_.length,
                         "write " + journal_path(slot_.generation).string());
      !ok) {
    return ok;
  }
  if (const auto* prints = std::get_if<PrintedRecord>(&record); prints != nullptr && floor_) {
    if (auto ok = raise_floor(*prints); !ok) return ok;
  }
  const bool fits = apply(state_, record).has_value();
  BACKSTAMP_ASSERT(fits);
  slot_.length += bytes.size();
  ++slot_.sequence;
  if (auto ok = write_slot(); !ok) return ok;
  if (auto ok = compact_when_due(); !ok) return ok;
  failed_ = false;
  return {};
}

/// Begins a new journal with a snapshot once most of the old one is history. Both slots point to
/// the new one before the old one goes.
Result<void> Store::compact_when_due() {
  if (slot_.length < kCompactBytes || slot_.length / 2 < state_.pending.size() * kBytesPerPiece) {
    return {};
  }
  const auto old_path = journal_path(slot_.generation);
  const auto new_path = journal_path(slot_.generation + 1);
  const Bytes bytes = encode_record(slot_.sequence + 1, SnapshotRecord{state_});
  if (auto ok = write_file_durably(new_path, bytes, 0600); !ok) return ok;
  auto fd = open_for_writing(new_path);
  if (!fd) return std::unexpected(fd.error());
  journal_ = std::move(*fd);
  ++slot_.generation;
  ++slot_.sequence;
  slot_.length = bytes.size();
  for (int slot = 0; slot < 2; ++slot) {
    if (auto ok = write_slot(); !ok) return ok;
  }
  std::error_code ignored;  // a journal left lying is removed when the vault is opened
  std::filesystem::remove(old_path, ignored);
  return {};
}

}  // namespace backstamp::meter
