#include "base/http/sse.h"

#include <utility>

#include "base/bytes.h"

namespace backstamp::http {
namespace {

bool one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

Result<std::string> write_event(const ServerEvent& event) {
  if (!one_line(event.id) || !one_line(event.event)) {
    return fail(ErrorKind::internal, "a line break in the id or the type of an event");
  }
  std::string out;
  if (!event.id.empty()) out += "id: " + event.id + "\n";
  if (!event.event.empty()) out += "event: " + event.event + "\n";
  out += "data: ";
  for (std::size_t i = 0; i < event.data.size(); ++i) {
    const char letter = event.data[i];
    if (letter == '\r' && i + 1 < event.data.size() && event.data[i + 1] == '\n') continue;
    if (letter == '\r' || letter == '\n') {
      out += "\ndata: ";
    } else {
      out += letter;
    }
  }
  out += "\n\n";
  if (out.size() > kServerEventBytes) {
    return fail(ErrorKind::internal, "an event of " + std::to_string(out.size()) + " bytes");
  }
  return out;
}

Result<void> EventParser::feed(std::string_view bytes, std::vector<ServerEvent>& events) {
  for (const char letter : bytes) {
    const bool second_half = letter == '\n' && std::exchange(after_return_, false);
    after_return_ = letter == '\r';
    if (second_half) continue;
    if (++held_bytes_ > kServerEventBytes) {
      return fail(ErrorKind::limit,
                  "an event of more than " + std::to_string(kServerEventBytes) + " bytes");
    }
    if (letter == '\r' || letter == '\n') {
      if (auto taken = take_line(events); !taken) return taken;
      line_.clear();
    } else {
      line_ += letter;
    }
  }
  return {};
}

Result<void> EventParser::take_line(std::vector<ServerEvent>& events) {
  if (std::exchange(first_line_, false) && line_.starts_with("\xef\xbb\xbf")) line_.erase(0, 3);
  if (to_utf8(as_bytes(line_)) != line_) return fail(ErrorKind::invalid, "events not in UTF-8");
  if (line_.empty()) {
    if (std::exchange(has_data_, false)) {
      next_.id = id_;
      events.push_back(std::move(next_));
    }
    next_ = {};
    held_bytes_ = 0;
    return {};
  }
  const std::size_t colon = line_.find(':');
  if (colon == 0) {  // a comment keeps the connection alive and is no part of an event
    held_bytes_ -= line_.size() + 1;
    return {};
  }
  const std::string_view name = std::string_view(line_).substr(0, colon);
  std::string_view value;
  if (colon != std::string::npos) value = std::string_view(line_).substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (std::exchange(has_data_, true)) next_.data += '\n';
    next_.data += value;
  } else if (name == "event") {
    next_.event = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    id_ = value;
  }
  return {};
}

}  // namespace backstamp::http
