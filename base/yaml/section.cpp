#include <algorithm>

#include "base/yaml.h"
#include "base/yaml/tree.h"
#include "base/yaml/values.h"

namespace backstamp::yaml {
namespace {

using std::chrono::microseconds;

/// One scalar: `parse` gives the value of a node or none. Without a fallback the key is required
/// and `harmless` stands in for it.
template <typename T, typename Parse>
T read(State& state, std::size_t mapping, std::string_view key, std::optional<T> fallback,
       T harmless, const std::string& wanted, Parse parse) {
  const T instead = fallback ? *fallback : harmless;
  const std::size_t found = state.find(mapping, key);
  if (found == kNoNode) {
    if (!fallback) state.note_missing(mapping, key, wanted);
    return instead;
  }
  const Node& node = state.nodes[found];
  std::optional<T> value;
  if (node.kind == NodeKind::scalar && !node.faulted) value = parse(node);
  if (!value) {
    state.note_value(found, wanted);
    return instead;
  }
  return *value;
}

bool is_text(const Node& node, std::size_t limit_bytes) {
  return node.kind == NodeKind::scalar && !node.text.empty() && node.text.size() <= limit_bytes &&
         printable(node.text);
}

std::string read_text(State& state, std::size_t mapping, std::string_view key,
                      std::optional<std::string> fallback, std::size_t limit_bytes) {
  const std::string wanted = "a text of 1 to " + std::to_string(limit_bytes) + " bytes";
  return read<std::string>(state, mapping, key, std::move(fallback), {}, wanted,
                           [&](const Node& node) -> std::optional<std::string> {
                             if (!is_text(node, limit_bytes)) return std::nullopt;
                             return node.text;
                           });
}

std::int64_t read_integer(State& state, std::size_t mapping, std::string_view key,
                          std::optional<std::int64_t> fallback, std::int64_t minimum,
                          std::int64_t maximum) {
  const std::string wanted =
      "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum);
  return read<std::int64_t>(state, mapping, key, fallback, minimum, wanted,
                            [&](const Node& node) -> std::optional<std::int64_t> {
                              const auto value = parse_integer(node.text);
                              if (node.quoted || !value) return std::nullopt;
                              if (*value < minimum || *value > maximum) return std::nullopt;
                              return value;
                            });
}

double read_number(State& state, std::size_t mapping, std::string_view key,
                   std::optional<double> fallback, double minimum, double maximum) {
  const std::string wanted =
      "a number from " + format_number(minimum) + " to " + format_number(maximum);
  return read<double>(state, mapping, key, fallback, minimum, wanted,
                      [&](const Node& node) -> std::optional<double> {
                        const auto value = parse_number(node.text);
                        if (node.quoted || !value) return std::nullopt;
                        if (*value < minimum || *value > maximum) return std::nullopt;
                        return value;
                      });
}

microseconds read_duration(State& state, std::size_t mapping, std::string_view key,
                           std::optional<microseconds> fallback, microseconds minimum,
                           microseconds maximum) {
  const std::string wanted = "a duration from " + format_duration(minimum) + " to " +
                             format_duration(maximum) + " (us, ms, s, min, h or d)";
  return read<microseconds>(state, mapping, key, fallback, minimum, wanted,
                            [&](const Node& node) -> std::optional<microseconds> {
                              const auto value = parse_duration(node.text);
                              if (node.quoted || !value) return std::nullopt;
                              if (*value < minimum || *value > maximum) return std::nullopt;
                              return value;
                            });
}

std::size_t read_choice(State& state, std::size_t mapping, std::string_view key,
                        std::optional<std::size_t> fallback,
                        std::span<const std::string_view> choices) {
  std::string wanted = choices.size() == 1 ? "" : "one of ";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    wanted.append(i == 0 ? "" : ", ").append(choices[i]);
  }
  return read<std::size_t>(state, mapping, key, fallback, 0, wanted,
                           [&](const Node& node) -> std::optional<std::size_t> {
                             const auto at = std::ranges::find(choices, node.text);
                             if (at == choices.end()) return std::nullopt;
                             return static_cast<std::size_t>(at - choices.begin());
                           });
}

}  // namespace

bool Section::has(std::string_view key) const {
  return state_->find(node_, key) != kNoNode;
}

std::string Section::text(std::string_view key, std::size_t limit_bytes) {
  return read_text(*state_, node_, key, std::nullopt, limit_bytes);
}

std::string Section::text_or(std::string_view key, std::string fallback, std::size_t limit_bytes) {
  return read_text(*state_, node_, key, std::move(fallback), limit_bytes);
}

std::int64_t Section::integer(std::string_view key, std::int64_t minimum, std::int64_t maximum) {
  return read_integer(*state_, node_, key, std::nullopt, minimum, maximum);
}

std::int64_t Section::integer_or(std::string_view key, std::int64_t fallback, std::int64_t minimum,
                                 std::int64_t maximum) {
  return read_integer(*state_, node_, key, fallback, minimum, maximum);
}

double Section::number(std::string_view key, double minimum, double maximum) {
  return read_number(*state_, node_, key, std::nullopt, minimum, maximum);
}

double Section::number_or(std::string_view key, double fallback, double minimum, double maximum) {
  return read_number(*state_, node_, key, fallback, minimum, maximum);
}

bool Section::flag_or(std::string_view key, bool fallback) {
  return read<bool>(*state_, node_, key, fallback, false, "true or false",
                    [](const Node& node) -> std::optional<bool> {
                      if (node.quoted || (node.text != "true" && node.text != "false")) {
                        return std::nullopt;
                      }
                      return node.text == "true";
                    });
}

microseconds Section::duration(std::string_view key, microseconds minimum, microseconds maximum) {
  return read_duration(*state_, node_, key, std::nullopt, minimum, maximum);
}

microseconds Section::duration_or(std::string_view key, microseconds fallback, microseconds minimum,
                                  microseconds maximum) {
  return read_duration(*state_, node_, key, fallback, minimum, maximum);
}

std::size_t Section::choice(std::string_view key, std::span<const std::string_view> choices) {
  return read_choice(*state_, node_, key, std::nullopt, choices);
}

std::size_t Section::choice_or(std::string_view key, std::size_t fallback,
                               std::span<const std::string_view> choices) {
  return read_choice(*state_, node_, key, fallback, choices);
}

std::filesystem::path Section::path(std::string_view key) {
  const std::string value = text(key);
  return value.empty() ? std::filesystem::path() : (state_->folder / value).lexically_normal();
}

std::optional<std::filesystem::path> Section::path_if(std::string_view key) {
  if (!has(key)) return std::nullopt;
  return path(key);
}

std::vector<std::string> Section::texts(std::string_view key, std::size_t limit_entries) {
  const std::string wanted = "a list of at most " + std::to_string(limit_entries) + " texts";
  const std::size_t found = state_->find(node_, key);
  if (found == kNoNode) {
    state_->note_missing(node_, key, wanted);
    return {};
  }
  const Node& list = state_->nodes[found];
  if (list.kind != NodeKind::sequence || list.items.size() > limit_entries) {
    state_->note_value(found, wanted);
    return {};
  }
  std::vector<std::string> texts;
  for (const std::size_t item : list.items) {
    if (is_text(state_->nodes[item], 4096)) {
      texts.push_back(state_->nodes[item].text);
    } else {
      state_->note_value(item, "a text of 1 to 4096 bytes");
    }
  }
  return texts;
}

Section Section::section(std::string_view key) {
  if (auto found = section_if(key)) return *found;
  state_->note_missing(node_, key, "a mapping");
  return {state_, state_->add_broken()};
}

std::optional<Section> Section::section_if(std::string_view key) {
  const std::size_t found = state_->find(node_, key);
  if (found == kNoNode) return std::nullopt;
  if (state_->nodes[found].kind != NodeKind::mapping) {
    state_->note_value(found, "a mapping");
    return Section{state_, state_->add_broken()};
  }
  state_->nodes[found].opened = true;
  return Section{state_, found};
}

std::vector<Section> Section::sections(std::string_view key, std::size_t limit_entries) {
  const std::size_t found = state_->find(node_, key);
  if (found == kNoNode) return {};
  const Node& list = state_->nodes[found];
  if (list.kind != NodeKind::sequence || list.items.size() > limit_entries) {
    state_->note_value(found, "a list of at most " + std::to_string(limit_entries) + " mappings");
    return {};
  }
  std::vector<Section> sections;
  for (const std::size_t item : list.items) {
    if (state_->nodes[item].kind != NodeKind::mapping) {
      state_->note_value(item, "a mapping");
      continue;
    }
    state_->nodes[item].opened = true;
    sections.push_back(Section{state_, item});
  }
  return sections;
}

void Section::refuse(std::string_view key, std::string wanted) {
  const std::size_t found = state_->find(node_, key);
  if (found == kNoNode) {
    state_->note_missing(node_, key, wanted);
  } else {
    state_->note_value(found, wanted);
  }
}

}  // namespace backstamp::yaml
