#include "vision/frame_ring.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/file.h"
#include "base/limits.h"

namespace backstamp::vision {
namespace {

constexpr std::size_t kHugePage = 2u << 20;  // what MFD_HUGETLB gives on x86-64 and most arm64

std::size_t round_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

/// A mapping of this process with the descriptor that others may map.
struct Memory {
  UniqueFd descriptor;
  std::uint8_t* pixels = nullptr;
  std::size_t bytes = 0;
};

/// Maps it for writing first, then seals it: from then on nobody can map it so, in no process, and
/// nobody can make reading it fault by shrinking it.
Result<Memory> make_memory(std::size_t bytes, unsigned flags) {
  Memory memory;
  memory.bytes = bytes;
  memory.descriptor.reset(
      ::memfd_create("backstamp-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags));
  if (!memory.descriptor || ::ftruncate(memory.descriptor.get(), static_cast<off_t>(bytes)) != 0)
    return fail(ErrorKind::unavailable, system_error("memory for frames", errno).message);
  void* mapped =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.descriptor.get(), 0);
  if (mapped == MAP_FAILED)
    return fail(ErrorKind::unavailable, system_error("mapping memory for frames", errno).message);
  memory.pixels = static_cast<std::uint8_t*>(mapped);
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  if (::fcntl(memory.descriptor.get(), F_ADD_SEALS, kSeals) != 0) {
    const int error = errno;
    ::munmap(mapped, bytes);
    return fail(ErrorKind::unavailable, system_error("sealing memory for frames", error).message);
  }
  ::madvise(mapped, bytes, MADV_DONTDUMP);  // mail does not belong into a core file
  return memory;
}

}  // namespace

struct FrameRing::Impl {
  /// The stack of free slots: the topmost one below, and above it how often it has changed, so that
  /// a slot that went and came back between two looks is not taken for one that stayed.
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static std::uint32_t top_of(std::uint64_t head) { return static_cast<std::uint32_t>(head); }
  static std::uint64_t next_head(std::uint64_t head, std::uint32_t top) {
    return ((head >> 32) + 1) << 32 | top;
  }
  struct Slot {
    std::atomic<std::uint32_t> below{kNone};
    std::atomic<bool> lent{false};
  };

  ~Impl() {
    if (memory.pixels != nullptr) ::munmap(memory.pixels, memory.bytes);
  }

  std::uint32_t pop();
  void push(std::uint32_t slot);

  Memory memory;
  std::size_t slot_bytes = 0;
  std::uint32_t slots = 0;
  std::string huge_pages;  ///< why there are none, though asked for
  bool on_huge_pages = false;
  std::string lock;  ///< why it is not locked, though asked for
  bool locked = false;
  std::unique_ptr<Slot[]> all;
  std::atomic<std::uint64_t> head{kNone};
  std::atomic<std::uint32_t> in_use{0};
  std::atomic<std::uint64_t> refused{0};
};

std::uint32_t FrameRing::Impl::pop() {
  std::uint64_t seen = head.load(std::memory_order_acquire);
  while (top_of(seen) != kNone) {
    const std::uint32_t below = all[top_of(seen)].below.load(std::memory_order_relaxed);
    if (head.compare_exchange_weak(seen, next_head(seen, below), std::memory_order_acq_rel,
                                   std::memory_order_acquire))
      return top_of(seen);
  }
  return kNone;
}

void FrameRing::Impl::push(std::uint32_t slot) {
  std::uint64_t seen = head.load(std::memory_order_relaxed);
  do all[slot].below.store(top_of(seen), std::memory_order_relaxed);
  while (!head.compare_exchange_weak(seen, next_head(seen, slot), std::memory_order_acq_rel,
                                     std::memory_order_relaxed));
}

FrameRing::FrameRing(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FrameRing::~FrameRing() = default;

Result<std::shared_ptr<FrameRing>> FrameRing::create(const FrameRingOptions& options) {
  if (options.slot_bytes == 0 || options.slot_bytes > limits::kImagePixels)
    return fail(ErrorKind::limit, "a slot for frames holds 1 byte to 100 MiB");
  if (options.slots == 0 || options.slots > limits::kFrameSlots)
    return fail(ErrorKind::limit,
                "a ring has 1 to " + std::to_string(limits::kFrameSlots) + " slots for frames");
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto machine = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * page;
  auto impl = std::make_unique<Impl>();
  impl->slots = options.slots;
  impl->slot_bytes = round_up(options.slot_bytes, page);
  const std::size_t bytes = impl->slot_bytes * options.slots;
  if (bytes > machine / 2) {
    return fail(ErrorKind::unavailable,
                "memory for frames: " + std::to_string(bytes >> 20) + " MiB of a machine with " +
                    std::to_string(machine >> 20) + " MiB; at most half: fewer or smaller slots");
  }
  if (options.huge_pages) {
    auto memory = make_memory(round_up(bytes, kHugePage), MFD_HUGETLB);
    if (memory) {
      impl->memory = std::move(*memory);
      impl->on_huge_pages = true;
    } else {
      impl->huge_pages = memory.error().message;
    }
  }
  if (!impl->on_huge_pages) {
    auto memory = make_memory(bytes, 0);
    if (!memory) return std::unexpected(memory.error());
    impl->memory = std::move(*memory);
  }
  if (options.locked) {
    impl->locked = ::mlock(impl->memory.pixels, impl->memory.bytes) == 0;
    if (!impl->locked) impl->lock = std::strerror(errno);
  }
  impl->all = std::make_unique<Impl::Slot[]>(options.slots);
  for (std::uint32_t slot = options.slots; slot-- > 0;) impl->push(slot);
  return std::shared_ptr<FrameRing>(new FrameRing(std::move(impl)));
}

std::optional<Frame> FrameRing::acquire(int width_px, int height_px) {
  if (width_px <= 0 || height_px <= 0) return std::nullopt;
  const auto bytes = static_cast<std::uint64_t>(width_px) * static_cast<std::uint64_t>(height_px);
  if (bytes > impl_->slot_bytes) return std::nullopt;
  const std::uint32_t slot = impl_->pop();
  if (slot == Impl::kNone) {
    impl_->refused.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  impl_->all[slot].lent.store(true, std::memory_order_relaxed);
  impl_->in_use.fetch_add(1, std::memory_order_relaxed);
  return Frame(impl_->memory.pixels + slot * impl_->slot_bytes, width_px, height_px, *this);
}

void FrameRing::give_back(std::uint8_t* pixels) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(pixels) -
                  reinterpret_cast<std::uintptr_t>(impl_->memory.pixels);
  BACKSTAMP_ASSERT(at % impl_->slot_bytes == 0 && at / impl_->slot_bytes < impl_->slots);
  const auto slot = static_cast<std::uint32_t>(at / impl_->slot_bytes);
  BACKSTAMP_ASSERT(impl_->all[slot].lent.exchange(false, std::memory_order_relaxed));
  impl_->in_use.fetch_sub(1, std::memory_order_relaxed);
  impl_->push(slot);
}

std::size_t FrameRing::slot_bytes() const {
  return impl_->slot_bytes;
}
unsigned FrameRing::slots() const {
  return impl_->slots;
}
unsigned FrameRing::in_use() const {
  return impl_->in_use.load(std::memory_order_relaxed);
}
std::uint64_t FrameRing::refused() const {
  return impl_->refused.load(std::memory_order_relaxed);
}
bool FrameRing::on_huge_pages() const {
  return impl_->on_huge_pages;
}
bool FrameRing::locked() const {
  return impl_->locked;
}

std::string FrameRing::state() const {
  char size[32];
  std::snprintf(size, sizeof size, "%.1f MiB", static_cast<double>(impl_->slot_bytes) / (1 << 20));
  std::string text = std::to_string(impl_->slots) + " slots of " + size +
                     (impl_->on_huge_pages ? " on huge pages" : " on ordinary pages");
  if (!impl_->huge_pages.empty()) text += " (huge ones: " + impl_->huge_pages + ")";
  if (impl_->locked) text += ", locked";
  if (!impl_->lock.empty()) text += ", not locked: " + impl_->lock;
  return text;
}

int FrameRing::descriptor() const {
  return impl_->memory.descriptor.get();
}
std::size_t FrameRing::total_bytes() const {
  return impl_->memory.bytes;
}

std::optional<std::size_t> FrameRing::offset_of(ImageView view) const {
  if (view.empty() || view.stride_bytes < view.width_px) return std::nullopt;
  const auto begin = reinterpret_cast<std::uintptr_t>(impl_->memory.pixels);
  const auto at = reinterpret_cast<std::uintptr_t>(view.pixels);
  if (at < begin || at - begin >= impl_->slot_bytes * impl_->slots) return std::nullopt;
  const std::size_t left = impl_->slot_bytes - (at - begin) % impl_->slot_bytes;
  const auto stride = static_cast<std::size_t>(view.stride_bytes);
  const auto width = static_cast<std::size_t>(view.width_px);
  const auto rows_before_last = static_cast<std::size_t>(view.height_px) - 1;
  if (width > left || (stride != 0 && rows_before_last > (left - width) / stride))
    return std::nullopt;
  return at - begin;
}

}  // namespace backstamp::vision
