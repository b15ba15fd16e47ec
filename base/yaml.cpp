#include "base/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/assert.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/yaml/tree.h"
#include "base/yaml/values.h"

namespace backstamp::yaml {
namespace {

/// Thrown out of the parser where reading on makes no sense; its fault is noted already.
struct Stop {};

Place place_of(const YAML::Mark& mark) {
  return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1};
}

/// Builds the tree from the parser's events rather than from its nodes: only the events still
/// know duplicate keys, anchors, tags and places.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(State& state) : state_(state) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    state_.note(place_of(mark), "", "one document", "a second one");
    throw Stop{};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (take_key(mark, nullptr)) return;
    add(NodeKind::empty, mark, "?", anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (take_key(mark, nullptr)) return;
    const std::size_t node = add(NodeKind::broken, mark, "?", 0);
    state_.note(place_of(mark), state_.path_of(node), "the value itself", "an alias");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    ends_quoted_ = tag == "!";
    if (take_key(mark, anchor == 0 && (tag == "?" || tag == "!") ? &value : nullptr)) return;
    const std::size_t node = add(NodeKind::scalar, mark, tag, anchor);
    state_.nodes[node].text = value;
    state_.nodes[node].quoted = tag == "!";
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { open_.pop_back(); }

  bool ends_quoted() const { return ends_quoted_; }

 private:
  /// A mapping or a list that is still open; a mapping waits for a key and its value in turn.
  struct Open {
    std::size_t node;
    bool key_next;
    std::set<std::string> keys;
  };

  /// Takes a scalar as the next key where a mapping waits for one; `key` is null when it is not
  /// a text.
  bool take_key(const YAML::Mark& mark, const std::string* key) {
    if (open_.empty() || !open_.back().key_next) return false;
    Open& open = open_.back();
    open.key_next = false;
    Entry entry;
    entry.place = place_of(mark);
    const std::string path = state_.path_of(open.node);
    if (key == nullptr || key->empty()) {
      entry.refused = true;
      state_.note(entry.place, path, "a text as the key", "something else");
    } else {
      entry.key = *key;
      if (!open.keys.insert(*key).second) {
        entry.refused = true;
        state_.note(entry.place, join_path(path, *key), "this key once", "it again");
      }
    }
    state_.nodes[open.node].entries.push_back(std::move(entry));
    return true;
  }

  std::size_t add(NodeKind kind, const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor) {
    const std::size_t node = state_.nodes.size();
    if (node >= kNodeLimit) {
      state_.note(place_of(mark), "", "at most " + std::to_string(kNodeLimit) + " values", "more");
      throw Stop{};
    }
    state_.nodes.emplace_back();
    state_.nodes[node].kind = kind;
    state_.nodes[node].place = place_of(mark);
    if (!open_.empty()) attach(node);
    if (anchor != 0) state_.note(place_of(mark), state_.path_of(node), "no anchor", "one");
    if (!tag.empty() && tag != "?" && tag != "!") {
      state_.note(place_of(mark), state_.path_of(node), "no tag", quote(tag));
    }
    return node;
  }

  void attach(std::size_t node) {
    Open& open = open_.back();
    Node& parent = state_.nodes[open.node];
    state_.nodes[node].parent = open.node;
    if (parent.kind == NodeKind::sequence) {
      state_.nodes[node].index = parent.items.size();
      parent.items.push_back(node);
    } else {
      BACKSTAMP_ASSERT(!parent.entries.empty());
      state_.nodes[node].index = parent.entries.size() - 1;
      parent.entries.back().value = node;
      open.key_next = true;
    }
  }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (!open_.empty() && open_.back().key_next) {
      take_key(mark, nullptr);  // a list or a mapping as a key: what follows cannot be placed
      throw Stop{};
    }
    const std::size_t node = add(kind, mark, tag, anchor);
    if (open_.size() >= kDepthLimit) {
      state_.note(place_of(mark), "", "at most " + std::to_string(kDepthLimit) + " levels", "more");
      throw Stop{};
    }
    open_.push_back({node, kind == NodeKind::mapping, {}});
  }

  State& state_;
  std::vector<Open> open_;
  int documents_ = 0;
  bool ends_quoted_ = false;
};

void build(State& state, const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Builder builder(state);
  while (parser.HandleNextDocument(builder)) {
  }
  // The parser takes a quote that is never closed for sound when a line break ends the file, so
  // a file that ends in a quoted text is read once more without that break.
  const std::size_t end = text.find_last_not_of(" \t\r\n") + 1;
  if (builder.ends_quoted() && end < text.size()) {
    State unused;
    build(unused, text.substr(0, end));
  }
}

/// All faults, one a line, in the order of the file.
Error as_error(const State& state, std::vector<Fault> faults) {
  std::ranges::stable_sort(faults, [](const Fault& a, const Fault& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  std::string message;
  for (std::size_t i = 0; i < faults.size() && i < kFaultLimit; ++i) {
    message.append(i == 0 ? "" : "\n").append(state.name).append(":");
    message.append(std::to_string(faults[i].place.line)).append(": ").append(faults[i].text);
  }
  if (faults.size() > kFaultLimit) {
    message += "\n" + state.name + ": and " + std::to_string(faults.size() - kFaultLimit) + " more";
  }
  return {ErrorKind::invalid, std::move(message)};
}

/// Refuses bytes that the parser would replace or guess at.
std::optional<Error> check_bytes(std::string_view text, const std::string& name) {
  if (text.size() > limits::kConfigFileBytes) {
    return Error{ErrorKind::limit, name + ": " + std::to_string(text.size()) +
                                       " bytes are over the limit of " +
                                       std::to_string(limits::kConfigFileBytes)};
  }
  if (to_utf8(as_bytes(text)) != text) {
    return Error{ErrorKind::invalid, name + ": wanted UTF-8, found other bytes"};
  }
  int line = 1;
  for (const char letter : text) {
    if (letter == '\n') ++line;
    if (letter != '\r' && !printable({&letter, 1})) {
      return Error{ErrorKind::invalid,
                   name + ":" + std::to_string(line) + ": wanted text, found a control character"};
    }
  }
  return std::nullopt;
}

/// The keys that are in the file and that nobody asked for.
void note_unknown(const State& state, std::vector<Fault>& faults) {
  State out;
  for (std::size_t i = 0; i < state.nodes.size(); ++i) {
    const Node& node = state.nodes[i];
    if (!node.opened) continue;
    std::string wanted;
    for (const std::string& key : node.asked) wanted += (wanted.empty() ? "" : ", ") + key;
    wanted = wanted.empty() ? "no keys here" : "a known key (" + wanted + ")";
    for (const Entry& entry : node.entries) {
      if (entry.refused || node.asked.contains(entry.key)) continue;
      out.note(entry.place, join_path(state.path_of(i), entry.key), wanted, "an unknown one");
    }
  }
  faults.insert(faults.end(), out.faults.begin(), out.faults.end());
}

}  // namespace

Result<Document> Document::load(const std::filesystem::path& path) {
  const auto bytes = read_file(path, limits::kConfigFileBytes);
  if (!bytes) return std::unexpected(bytes.error());
  return parse(as_text(*bytes), path.string(), path.parent_path());
}

Result<Document> Document::parse(std::string_view text, std::string name,
                                 std::filesystem::path folder) {
  if (auto error = check_bytes(text, name)) return std::unexpected(std::move(*error));
  auto state = std::make_shared<State>();
  state->name = std::move(name);
  state->folder = std::move(folder);
  try {
    build(*state, std::string(text));
  } catch (const Stop&) {
    return std::unexpected(as_error(*state, state->faults));
  } catch (const YAML::Exception& error) {
    state->note(place_of(error.mark), "", "YAML", "a fault in it (" + error.msg + ")");
    return std::unexpected(as_error(*state, state->faults));
  } catch (const std::exception& error) {
    return fail(ErrorKind::internal, state->name + ": YAML parser: " + error.what());
  }
  if (state->nodes.empty() || state->nodes.front().kind != NodeKind::mapping) {
    const std::string found = state->nodes.empty() ? "nothing" : describe(state->nodes.front());
    state->note({}, "", "a mapping", found);
    return std::unexpected(as_error(*state, state->faults));
  }
  state->nodes.front().opened = true;
  Document document;
  document.state_ = std::move(state);
  return document;
}

Section Document::root() {
  return {state_, 0};
}

Result<void> Document::finish() {
  std::vector<Fault> faults = state_->faults;
  note_unknown(*state_, faults);
  if (faults.empty()) return {};
  return std::unexpected(as_error(*state_, std::move(faults)));
}

}  // namespace backstamp::yaml
