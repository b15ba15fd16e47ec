#include "datasets/shard/index.h"

#include <charconv>
#include <optional>

#include "base/limits.h"

namespace backstamp::datasets {
namespace {

constexpr std::string_view kMagic = "backstamp-shard-index 1 ";

/// Takes an unsigned number and the blank or line end after it off the front of `text`.
/// Strict: no sign, no leading zero, `digits` exact when hexadecimal.
std::optional<std::uint64_t> take_number(std::string_view& text, char end, int base) {
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, value, base);
  if (error != std::errc() || stop == last || *stop != end) return std::nullopt;
  const auto length = static_cast<std::size_t>(stop - text.data());
  if (base == 10 && length > 1 && text.front() == '0') return std::nullopt;
  if (base == 16) {
    if (length != 8) return std::nullopt;
    for (const char c : text.substr(0, length)) {
      if (c >= 'A' && c <= 'F') return std::nullopt;
    }
  }
  text.remove_prefix(length + 1);
  return value;
}

std::unexpected<Error> bad_line(std::size_t line, std::string_view what) {
  return fail(ErrorKind::invalid, "line " + std::to_string(line) + ": " + std::string(what));
}

Result<IndexEntry> take_member(std::string_view& text, std::size_t line) {
  IndexEntry entry;
  const auto offset = take_number(text, ' ', 10);
  const auto size = offset ? take_number(text, ' ', 10) : std::nullopt;
  const auto crc = size ? take_number(text, ' ', 16) : std::nullopt;
  if (!crc) return bad_line(line, "wanted \"OFFSET SIZE CRC NAME\"");
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return bad_line(line, "cut off");
  entry.name = text.substr(0, end);
  text.remove_prefix(end + 1);
  auto name = parse_member_name(entry.name);
  if (!name) return bad_line(line, name.error().message);
  if (*size > limits::kImageFileBytes) return bad_line(line, "member over the limit of size");
  if (*offset > limits::kShardBytes) return bad_line(line, "offset over the limit of a shard");
  entry.offset_bytes = *offset;
  entry.size_bytes = *size;
  entry.crc = static_cast<std::uint32_t>(*crc);
  entry.key = std::move(name->key);
  return entry;
}

}  // namespace

std::pair<std::size_t, std::size_t> ShardIndex::range(std::uint64_t sample) const {
  const auto i = static_cast<std::size_t>(sample);
  const std::size_t end = i + 1 < first_members.size() ? first_members[i + 1] : members.size();
  return {first_members[i], end};
}

void append_member(ShardIndex& index, IndexEntry entry) {
  if (index.members.empty() || index.members.back().key != entry.key) {
    index.first_members.push_back(static_cast<std::uint32_t>(index.members.size()));
  }
  index.members.push_back(std::move(entry));
}

std::string print_index(const ShardIndex& index) {
  std::string text(kMagic);
  text += std::to_string(index.members.size()) + " " + std::to_string(index.samples()) + "\n";
  for (const IndexEntry& entry : index.members) {
    static constexpr char kDigits[] = "0123456789abcdef";
    text += std::to_string(entry.offset_bytes) + " " + std::to_string(entry.size_bytes) + " ";
    for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[entry.crc >> shift & 15];
    text += " " + entry.name + "\n";
  }
  return text;
}

Result<ShardIndex> parse_index(std::string_view text) {
  if (!text.starts_with(kMagic)) {
    return bad_line(1, "not an index, or of another version (wanted \"backstamp-shard-index 1\")");
  }
  text.remove_prefix(kMagic.size());
  const auto members = take_number(text, ' ', 10);
  const auto samples = members ? take_number(text, '\n', 10) : std::nullopt;
  if (!samples) return bad_line(1, "wanted \"backstamp-shard-index 1 MEMBERS SAMPLES\"");
  if (*members > kMembersPerShard) return fail(ErrorKind::limit, "too many members");
  ShardIndex index;
  std::uint64_t end_bytes = 0;
  std::size_t line = 1;
  while (!text.empty()) {
    ++line;
    if (index.members.size() == *members) return bad_line(line, "more members than announced");
    auto entry = take_member(text, line);
    if (!entry) return std::unexpected(entry.error());
    if (entry->offset_bytes < end_bytes + 512) return bad_line(line, "overlaps the one before");
    end_bytes = entry->offset_bytes + entry->size_bytes;
    append_member(index, std::move(*entry));
    if (index.members.size() - index.first_members.back() > kPartsPerSample) {
      return bad_line(line, "more than " + std::to_string(kPartsPerSample) + " parts of a sample");
    }
  }
  if (index.members.size() != *members || index.samples() != *samples) {
    return bad_line(line, "the index is cut off or was edited");
  }
  return index;
}

}  // namespace backstamp::datasets
