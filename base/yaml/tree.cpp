#include "base/yaml/tree.h"

#include "base/yaml/values.h"

namespace backstamp::yaml {

std::string join_path(const std::string& path, std::string_view key) {
  return path.empty() ? shown(key) : path + "." + shown(key);
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case NodeKind::broken:
    case NodeKind::empty:
      return "an empty value";
    case NodeKind::scalar:
      return quote(node.text) + (node.quoted ? " in quotes" : "");
    case NodeKind::sequence:
      return "a list";
    case NodeKind::mapping:
      return "a mapping";
  }
  return "an empty value";
}

std::string State::path_of(std::size_t node) const {
  if (nodes[node].parent == kNoNode) return {};
  const Node& parent = nodes[nodes[node].parent];
  std::string path = path_of(nodes[node].parent);
  if (parent.kind == NodeKind::sequence)
    return path + "[" + std::to_string(nodes[node].index) + "]";
  return join_path(path, parent.entries[nodes[node].index].key);
}

Place State::place_of(std::size_t node) const {
  const Node& self = nodes[node];
  if (self.parent == kNoNode || nodes[self.parent].kind != NodeKind::mapping) return self.place;
  return nodes[self.parent].entries[self.index].place;
}

void State::note(Place place, const std::string& path, std::string_view wanted,
                 std::string_view found) {
  std::string text = path.empty() ? "" : path + ": ";
  text.append("wanted ").append(wanted).append(", found ").append(found);
  faults.push_back({place, std::move(text)});
}

void State::note_value(std::size_t node, std::string_view wanted) {
  if (nodes[node].faulted || nodes[node].kind == NodeKind::broken) return;
  nodes[node].faulted = true;
  note(place_of(node), path_of(node), wanted, describe(nodes[node]));
}

void State::note_missing(std::size_t mapping, std::string_view key, std::string_view wanted) {
  if (nodes[mapping].kind == NodeKind::broken) return;
  if (!nodes[mapping].missing.emplace(key).second) return;
  note({place_of(mapping).line, 0}, join_path(path_of(mapping), key), wanted, "nothing");
}

std::size_t State::find(std::size_t mapping, std::string_view key) {
  nodes[mapping].asked.emplace(key);
  for (const Entry& entry : nodes[mapping].entries) {
    if (entry.key == key && !entry.refused) return entry.value;
  }
  return kNoNode;
}

std::size_t State::add_broken() {
  nodes.emplace_back();
  return nodes.size() - 1;
}

}  // namespace backstamp::yaml
