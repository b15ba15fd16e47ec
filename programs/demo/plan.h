// What the demo puts on the belt: honest mail, and every trouble that the loop must find.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace backstamp::demo {

/// What a piece is, and so what the data center must say of it in the end.
enum class Kind {
  genuine,  ///< paid, printed and seen: read
  forged,   ///< a token altered after signing, or signed by a stranger: suspect
  copied,   ///< a genuine indicium photocopied onto a second piece: suspect, duplicate
  revoked,  ///< printed by a meter whose key was revoked: suspect, revoked
  expired,  ///< printed by a meter whose key had run out: suspect, expired
  moved,    ///< a genuine indicium stuck onto another recipient's letter: suspect, code_mismatch
  blank,    ///< a face without any code: a no-read, nothing found
  damaged,  ///< codes smeared or torn: read right, or a no-read with its cause
  missing,  ///< registered, and never past the camera: not read
};
const char* to_string(Kind kind);

/// One order to a meter: mint a token for this recipient.
struct MintOrder {
  std::string name;
  std::vector<std::string> address;
  std::string zip;  ///< 5, 9 or 11 digits
  Kind kind = Kind::genuine;
};

/// A token as a meter minted it.
struct MintedPiece {
  MintOrder order;
  std::string token_hex;
  std::string code;  ///< canonical
  std::uint32_t meter = 0;
};

/// A face to be rendered.
struct PlannedFace {
  std::string name;
  Kind kind = Kind::genuine;
  std::string face_class;  ///< clean, typical, hard, blank
  std::vector<std::string> address;
  std::string token_hex;
  std::string code;        ///< that stands on the face
  std::string token_code;  ///< that the token names
};

/// How many of each kind make up `faces` faces; `missing` comes on top of them.
std::map<Kind, unsigned> shares(unsigned faces);

/// What each meter is asked to mint, by meter index. Meter `meters - 1` is the one whose key is
/// revoked, the one before it the one whose key has run out: they mint these pieces and no others.
/// Each moved piece has a host, a missing piece on whose face its indicium is found.
std::vector<std::vector<MintOrder>> plan_orders(unsigned faces, unsigned meters,
                                                std::uint64_t seed);

/// The faces in the order of the belt, from what was minted. Copies come after their originals.
Result<std::vector<PlannedFace>> plan_faces(const std::vector<MintedPiece>& minted, unsigned faces,
                                            std::uint64_t seed);

}  // namespace backstamp::demo
