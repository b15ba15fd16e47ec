// What the loop said of each piece, held against what each piece was.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "programs/demo/commands.h"
#include "programs/demo/plan.h"

namespace backstamp::demo {

struct Planted {
  unsigned planted = 0;
  unsigned found = 0;
};

/// One line of the table: what came, and the last reading of it.
struct Scene {
  std::string what;
  std::string verdict;
  std::string decision;
  std::string reason;  ///< with the rule that decided, where there is one
  std::string center;  ///< the data center's word on it
  bool right = false;
};

struct Outcome {
  std::uint64_t pieces = 0;           ///< faces past the camera
  std::uint64_t events = 0;           ///< at the data center
  std::uint64_t lost = 0;             ///< pieces without an event
  std::uint64_t duplicated = 0;       ///< events beyond one a piece
  std::uint64_t misread = 0;          ///< codes that are not on their face
  std::uint64_t passed = 0;           ///< forged, copied or revoked pieces that were accepted
  std::uint64_t honest_diverted = 0;  ///< genuine, fully read, and diverted all the same
  std::uint64_t unheard = 0;  ///< registered pieces whose meter heard something else in the end
  std::map<std::string, std::pair<unsigned, unsigned>> read;  ///< format → read, printed
  std::map<std::string, Planted> planted;
  std::map<std::string, unsigned> verdicts;
  std::map<std::string, unsigned> states;  ///< of registered pieces
  std::vector<std::string> missed;         ///< planted troubles not found: name and what was said
  std::vector<Scene> scenes;
  bool ok() const {
    const bool right =
        std::all_of(scenes.begin(), scenes.end(), [](const Scene& s) { return s.right; });
    return right && lost + duplicated + misread + passed + unheard == 0;
  }
};

/// What the data center and the meters hold in the end.
struct Books {
  std::vector<Json> events;
  std::vector<Json> pieces;
  std::vector<Json> suspects;
  std::vector<Json> no_reads;
  std::vector<Json> notices;  ///< of all meters, each meter's in order
};

Outcome compare(const std::vector<PlannedFace>& faces, const std::vector<MintedPiece>& minted,
                const Books& books);

/// The summary as it is written to summary.json.
Json to_json(const Outcome& outcome, const Json& station_report);

/// One screen for people.
std::string to_screen(const Outcome& outcome, const Json& station_report,
                      const std::string& folder);

}  // namespace backstamp::demo
