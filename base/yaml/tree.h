// The parsed file behind yaml.h: nodes in a flat vector, and the faults noted so far.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace backstamp::yaml {

inline constexpr std::size_t kDepthLimit = 32;        ///< mappings and lists inside each other
inline constexpr std::size_t kNodeLimit = 64u << 10;  ///< values in one file
inline constexpr std::size_t kFaultLimit = 100;       ///< faults written out, the rest counted
inline constexpr std::size_t kNoNode = static_cast<std::size_t>(-1);

/// Where something stands in the file; both from 1.
struct Place {
  int line = 1;
  int column = 1;
};

/// `broken` stands where a fault was noted already (an alias, a missing section): reading it or
/// anything under it says nothing more.
enum class NodeKind { broken, empty, scalar, sequence, mapping };

struct Entry {
  std::string key;
  std::size_t value = kNoNode;
  Place place;
  bool refused = false;  ///< a duplicate or not a text: reported, and not to be found
};

struct Node {
  NodeKind kind = NodeKind::broken;
  Place place;
  std::string text;  ///< of a scalar
  bool quoted = false;
  bool faulted = false;  ///< has its fault; further ones about the same value are noise
  std::size_t parent = kNoNode;
  std::size_t index = 0;           ///< in the parent's entries or items
  std::vector<Entry> entries;      ///< of a mapping
  std::vector<std::size_t> items;  ///< of a sequence
  bool opened = false;             ///< read as a Section: its unknown keys are faults
  std::set<std::string> asked;     ///< keys that the reader asked for
  std::set<std::string> missing;   ///< absent keys that have their fault
};

struct Fault {
  Place place;
  std::string text;  ///< "key.path: wanted …, found …"
};

struct State {
  std::string name;  ///< of the file, for messages
  std::filesystem::path folder;
  std::vector<Node> nodes;  ///< the root first
  std::vector<Fault> faults;

  /// "uplink.endpoint", "cameras[1].name"; empty for the root.
  std::string path_of(std::size_t node) const;
  /// The place of the key under which a node stands, else its own.
  Place place_of(std::size_t node) const;
  void note(Place place, const std::string& path, std::string_view wanted, std::string_view found);
  /// Notes a fault of a node's value, once.
  void note_value(std::size_t node, std::string_view wanted);
  /// Notes that a key is absent from a mapping, once.
  void note_missing(std::size_t mapping, std::string_view key, std::string_view wanted);
  /// The value at `key`, or kNoNode; the key counts as known from now on.
  std::size_t find(std::size_t mapping, std::string_view key);
  /// A mapping that is not there: reading it notes nothing.
  std::size_t add_broken();
};

/// "uplink" and "endpoint" give "uplink.endpoint".
std::string join_path(const std::string& path, std::string_view key);

/// What stands there, for messages: `"text"`, `an empty value`, `a list`, `a mapping`.
std::string describe(const Node& node);

}  // namespace backstamp::yaml
