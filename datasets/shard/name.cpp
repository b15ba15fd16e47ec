#include "datasets/shard/name.h"

#include <algorithm>
#include <array>

namespace backstamp::datasets {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string printable(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 80)) text += c >= ' ' && c < 0x7F ? c : '?';
  return text;
}

bool safe_components(std::string_view name) {
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string_view component = name.substr(0, slash);
    if (component.empty() || component == "." || component == "..") return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

Result<MemberName> parse_member_name(std::string_view name) {
  if (name.size() > kMemberNameBytes) {
    return fail(ErrorKind::invalid, "member name \"" + printable(name) + "…\" is over " +
                                        std::to_string(kMemberNameBytes) + " bytes");
  }
  const std::string shown = "member name \"" + printable(name) + "\"";
  if (name.starts_with("./")) name.remove_prefix(2);
  const bool clean = std::ranges::none_of(
      name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F || c == '\\'; });
  if (!clean || !safe_components(name)) {
    return fail(ErrorKind::invalid, shown + " is not a plain relative path");
  }
  const std::size_t slash = name.rfind('/');
  const std::size_t base = slash == std::string_view::npos ? 0 : slash + 1;
  const std::size_t dot = name.find('.', base + 1);  // a hidden file's first dot is no border
  if (dot == std::string_view::npos) return MemberName{std::string(name), ""};
  return MemberName{std::string(name.substr(0, dot)), std::string(name.substr(dot + 1))};
}

bool valid_key(std::string_view key) {
  return !key.empty() && key.size() <= 80 && key.front() != '-' &&
         std::ranges::all_of(key,
                             [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
}

bool valid_extension(std::string_view extension) {
  return !extension.empty() && extension.size() <= 16 && extension.front() != '.' &&
         extension.back() != '.' &&
         std::ranges::all_of(extension, [](char c) { return is_alphanumeric(c) || c == '.'; });
}

bool is_picture_extension(std::string_view extension) {
  if (const std::size_t dot = extension.rfind('.'); dot != std::string_view::npos) {
    extension.remove_prefix(dot + 1);
  }
  std::string lower(extension);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  static constexpr std::array<std::string_view, 7> kKnown = {"png",  "pgm", "jpg", "jpeg",
                                                             "webp", "tif", "tiff"};
  return std::ranges::find(kKnown, lower) != kKnown.end();
}

}  // namespace backstamp::datasets
