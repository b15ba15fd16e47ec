#include "base/log/format.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace backstamp::log {
namespace {

constexpr int kDaemon = 3;  // RFC 5424, table 1
constexpr std::string_view kCut = "…(cut)";

std::string bounded(std::string_view raw, std::size_t limit_bytes) {
  if (raw.size() <= limit_bytes) return to_utf8(as_bytes(raw));
  std::size_t end = limit_bytes;
  while (end > 0 && (static_cast<unsigned char>(raw[end]) & 0xC0) == 0x80) --end;
  return to_utf8(as_bytes(raw.substr(0, end))) + std::string(kCut);
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// A name of a field in the alphabet that all forms know: [a-z0-9_], a letter first.
std::string field_name(std::string_view raw) {
  std::string out;
  for (const char c : raw.substr(0, 32)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    out += fits ? c : '_';
  }
  if (out.empty() || out[0] < 'a') out = "x" + out.substr(0, 31);
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

void add_journal_field(std::string& out, const std::string& name, std::string_view value) {
  out += name;
  if (std::none_of(value.begin(), value.end(), is_control)) {
    out += "=" + std::string(value) + "\n";
    return;
  }
  out += '\n';
  for (int shift = 0; shift < 64; shift += 8) {
    out += static_cast<char>((static_cast<std::uint64_t>(value.size()) >> shift) & 0xFF);
  }
  out += std::string(value) + "\n";
}

/// On one line, and without what moves a terminal's cursor.
std::string spelled(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    if (!is_control(c)) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15];
    }
  }
  return out;
}

/// PRINTUSASCII of a length, "-" when nothing is left (RFC 5424 section 6).
std::string token(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : text.substr(0, limit)) out += c > 0x20 && c < 0x7f ? c : '_';
  return out.empty() ? "-" : out;
}

/// Section 6.3.3: the quote, the backslash and the closing bracket are escaped.
std::string parameter(std::string_view value) {
  std::string out;
  for (const char c : spelled(value)) {
    if (c == '"' || c == '\\' || c == ']') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Entry make_entry(UtcTime time, Severity severity, std::string_view id, std::string_view message,
                 const LogFields& fields) {
  Entry entry{time, severity, token(id, 32), bounded(message, kMessageBytes), {}};
  for (const auto& [name, value] : fields) {
    if (entry.fields.size() == kFields) break;
    entry.fields.emplace_back(field_name(name), bounded(value, kValueBytes));
  }
  return entry;
}

std::string journal_entry(const Entry& entry, std::string_view program) {
  std::string out;
  add_journal_field(out, "MESSAGE", entry.message);
  add_journal_field(out, "PRIORITY", std::to_string(static_cast<int>(entry.severity)));
  add_journal_field(out, "SYSLOG_FACILITY", std::to_string(kDaemon));
  add_journal_field(out, "SYSLOG_IDENTIFIER", program);
  add_journal_field(out, "BACKSTAMP_ID", entry.id);
  for (const auto& [name, value] : entry.fields) {
    add_journal_field(out, "BACKSTAMP_" + upper(name), value);
  }
  return out;
}

std::string rfc5424_line(const Entry& entry, std::string_view program, std::string_view host,
                         int process) {
  std::string out = "<" + std::to_string(kDaemon * 8 + static_cast<int>(entry.severity)) + ">1 " +
                    format_utc(entry.time) + " " + token(host, 255) + " " + token(program, 48) +
                    " " + std::to_string(process) + " " + entry.id + " ";
  if (entry.fields.empty()) out += '-';
  for (const auto& [name, value] : entry.fields) {
    out += (&name == &entry.fields.front().first ? "[backstamp@32473 " : " ") + name + "=\"" +
           parameter(value) + "\"";
  }
  if (!entry.fields.empty()) out += ']';
  const bool ascii = std::all_of(entry.message.begin(), entry.message.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  out += ascii ? " " : " \xEF\xBB\xBF";  // section 6.4: UTF-8 says so
  return out + spelled(entry.message) + "\n";
}

std::string plain_line(const Entry& entry) {
  std::string out = format_utc(entry.time) + " " + std::string(to_string(entry.severity)) + " " +
                    entry.id + ": " + spelled(entry.message);
  for (const auto& [name, value] : entry.fields) {
    const bool bare = !value.empty() && value.find_first_of(" \"\\\n\t") == std::string::npos;
    out += " " + name + "=";
    if (bare) {
      out += spelled(value);
    } else {
      out += '"';
      for (const char c : spelled(value)) out += c == '"' ? std::string("\\\"") : std::string(1, c);
      out += '"';
    }
  }
  return out + "\n";
}

}  // namespace backstamp::log
