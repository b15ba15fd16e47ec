#include "station/sorter/zone.h"

#include <algorithm>
#include <cstdlib>

#include "base/file.h"

namespace backstamp::station {
namespace {

using namespace std::chrono;

constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kNameBytes = 64;
constexpr sys_seconds kEarliest = sys_days(year(1) / January / 1);
constexpr sys_seconds kLatest = sys_days(year(9998) / December / 31);

std::unexpected<Error> wrong(const char* what) {
  return fail(ErrorKind::invalid, std::string("time zone file: ") + what);
}

std::int64_t number(ByteView bytes) {
  std::uint64_t value = (bytes[0] & 0x80) != 0 ? ~0ull : 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return static_cast<std::int64_t>(value);
}

/// The counts of a header, and where the parts of its block lie.
struct Block {
  std::size_t isut = 0, isstd = 0, leap = 0, times = 0, types = 0, chars = 0;
  std::size_t time_bytes = 4;

  std::size_t indices_at() const { return times * time_bytes; }
  std::size_t types_at() const { return indices_at() + times; }
  std::size_t size() const {
    return types_at() + 6 * types + chars + leap * (time_bytes + 4) + isstd + isut;
  }
};

Result<Block> read_header(ByteView file, std::size_t time_bytes) {
  if (file.size() < kHeaderBytes || as_text(file.first(4)) != "TZif") return wrong("no header");
  const auto count = [&](std::size_t i) {
    return static_cast<std::size_t>(number(file.subspan(20 + 4 * i, 4)) & 0xFFFFFFFF);
  };
  Block block{count(0), count(1), count(2), count(3), count(4), count(5), time_bytes};
  for (std::size_t i = 0; i < 6; ++i) {
    if (count(i) > kZoneFileBytes) return wrong("a count that cannot be");
  }
  if (block.types == 0 || block.types > 256) return wrong("no types, or too many");
  if (block.chars == 0) return wrong("no names");
  if (block.isut != 0 && block.isut != block.types) return wrong("a count that is not its types'");
  if (block.isstd != 0 && block.isstd != block.types)
    return wrong("a count that is not its types'");
  if (block.leap != 0) return wrong("it counts leap seconds, and UTC here does not");
  if (file.size() - kHeaderBytes < block.size()) return wrong("cut short");
  return block;
}

bool valid_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.empty() || name.size() > kNameBytes) return false;
  char before = '/';
  for (const char c : name) {
    if (!letter(c) && (before == '/' || (c != '/' && c != '_' && c != '+' && c != '-'))) {
      return false;
    }
    before = c;
  }
  return before != '/';
}

}  // namespace

Result<Zone> Zone::load(std::string_view name) {
  if (!valid_name(name)) return fail(ErrorKind::invalid, "no name of a time zone");
  const char* folder = std::getenv("TZDIR");
  const std::filesystem::path path =
      std::filesystem::path(folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo") /
      name;
  const auto file = read_file(path, kZoneFileBytes);
  if (!file) return std::unexpected(file.error());
  auto zone = parse(*file);
  if (!zone) return fail(path.string(), zone.error());
  return zone;
}

Result<Zone> Zone::parse(ByteView file) {
  if (file.size() > kZoneFileBytes) return fail(ErrorKind::limit, "time zone file: too large");
  auto block = read_header(file, 4);
  if (!block) return std::unexpected(block.error());
  const std::uint8_t version = file[4];
  if (version != 0 && (version < '2' || version > '4')) return wrong("another version");
  file = file.subspan(kHeaderBytes);
  if (version != 0) {  // the first block is for readers that know no other
    file = file.subspan(block->size());
    block = read_header(file, 8);
    if (!block) return std::unexpected(block.error());
    file = file.subspan(kHeaderBytes);
  }
  std::vector<seconds> offsets;
  for (std::size_t i = 0; i < block->types; ++i) {
    const ByteView type = file.subspan(block->types_at() + 6 * i, 6);
    const std::int64_t offset = number(type.first(4));
    if (offset < -89'999 || offset > 93'599 || type[4] > 1 || type[5] >= block->chars) {
      return wrong("a type that cannot be");
    }
    offsets.emplace_back(offset);
  }
  Zone zone;
  zone.before_ = offsets[0];
  zone.changes_.reserve(block->times);
  for (std::size_t i = 0; i < block->times; ++i) {
    const std::int64_t at = number(file.subspan(i * block->time_bytes, block->time_bytes));
    const std::uint8_t type = file[block->indices_at() + i];
    if (type >= offsets.size()) return wrong("a type that is not there");
    const sys_seconds time{seconds(at)};
    if (i > 0 && time <= zone.changes_.back().at) return wrong("times that do not rise");
    zone.changes_.push_back({time, offsets[type]});
  }
  if (version == 0) return zone;
  const std::string_view footer = as_text(file.subspan(block->size()));
  const std::size_t end = footer.find('\n', 1);
  if (footer.empty() || footer[0] != '\n' || end == footer.npos) return wrong("no footer");
  if (end == 1) return zone;
  const auto rule = ZoneRule::parse(footer.substr(1, end - 1));
  if (!rule) return std::unexpected(rule.error());
  zone.rule_ = *rule;
  return zone;
}

ZonePeriod Zone::at(sys_seconds time) const {
  time = std::clamp(time, kEarliest, kLatest);
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), time,
                                     [](sys_seconds t, const Change& c) { return t < c.at; });
  if (next != changes_.end()) {
    if (next == changes_.begin()) return {sys_seconds::min(), next->at, before_};
    return {std::prev(next)->at, next->at, std::prev(next)->offset};
  }
  const sys_seconds last = changes_.empty() ? sys_seconds::min() : changes_.back().at;
  if (!rule_) {
    return {last, sys_seconds::max(), changes_.empty() ? before_ : changes_.back().offset};
  }
  ZonePeriod period = rule_->at(time);
  period.begin = std::max(period.begin, last);
  return period;
}

sys_seconds Zone::first(local_seconds local) const {
  // Two days before, clocks showed less, whatever the zone.
  sys_seconds from =
      std::clamp(sys_seconds(local.time_since_epoch()), kEarliest + 2 * days(1), kLatest) - days(2);
  for (;;) {
    const ZonePeriod period = at(from);
    const sys_seconds reached =
        std::max(sys_seconds(local.time_since_epoch() - period.offset), period.begin);
    if (reached < period.end || period.end > kLatest) return reached;
    from = period.end;
  }
}

}  // namespace backstamp::station
