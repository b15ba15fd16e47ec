#include "programs/demo/plan.h"

#include <algorithm>
#include <random>

#include "postal/keys.h"

namespace backstamp::demo {
namespace {

constexpr std::array kFirstNames = {"Ada",  "Ben",  "Clara", "David", "Edith", "Frank",
                                    "Gwen", "Hugo", "Irene", "Jonas", "Karin", "Louis"};
constexpr std::array kLastNames = {"Abbott", "Baker",  "Carver", "Dyer",   "Ellis", "Foster",
                                   "Glover", "Hayden", "Ingram", "Joiner", "Keller"};
constexpr std::array kStreets = {"Alder Lane",  "Birch Street", "Canal Road",
                                 "Dock Street", "Elm Avenue",   "Foundry Row",
                                 "Granary Way", "Harbor Drive", "Island Court"};
constexpr std::array kTowns = {"Ashford",  "Bridgeton", "Clearwater", "Dunmore",
                               "Eastvale", "Fairview",  "Glenwood"};

/// What the piece is called on whose face the indicium of moved-N is found.
const std::string kHost = "moved-host-";

template <typename List>
std::string pick(const List& list, std::mt19937_64& random) {
  return list[random() % list.size()];
}

MintOrder make_order(Kind kind, std::string name, std::mt19937_64& random) {
  MintOrder order;
  order.kind = kind;
  order.name = std::move(name);
  const unsigned zip5 = 10000 + static_cast<unsigned>(random() % 89999);
  const unsigned plus4 = 1000 + static_cast<unsigned>(random() % 8999);
  const unsigned house = 1 + static_cast<unsigned>(random() % 980);
  order.zip = std::to_string(zip5) + std::to_string(plus4) + std::to_string(10 + random() % 89);
  order.address = {
      pick(kFirstNames, random) + " " + pick(kLastNames, random),
      std::to_string(house) + " " + pick(kStreets, random),
      pick(kTowns, random) + "  " + std::to_string(zip5) + "-" + std::to_string(plus4)};
  return order;
}

/// Three ways to forge: change what is claimed, sign with a stranger's key under a known key's
/// name, sign with a stranger's key under its own.
Result<std::string> forge(const std::string& token_hex, unsigned way,
                          const postal::SigningKey& stranger) {
  auto bytes = from_hex(token_hex);
  if (!bytes) return std::unexpected(bytes.error());
  if (way % 3 == 0) {
    (*bytes)[bytes->size() - 1 - way % 60] ^= static_cast<std::uint8_t>(1u << way % 8);
    return to_hex(*bytes);
  }
  const auto genuine = postal::parse_token(*bytes);
  if (!genuine) return std::unexpected(genuine.error());
  postal::Token claims = genuine->token;
  claims.postage.mills += 1000;
  auto minted = postal::mint_token(claims, stranger);
  if (!minted) return std::unexpected(minted.error());
  if (way % 3 == 1) {  // put the known key's id where the stranger's stands
    const auto id = stranger.id();
    const auto at = std::search(minted->begin(), minted->end(), id.begin(), id.end());
    if (at == minted->end()) return fail(ErrorKind::internal, "a token without its key id");
    std::copy(genuine->key.begin(), genuine->key.end(), at);
  }
  return to_hex(*minted);
}

std::string class_of(Kind kind, std::mt19937_64& random) {
  const auto roll = random() % 100;
  if (kind == Kind::genuine) return roll < 30 ? "clean" : roll < 85 ? "typical" : "hard";
  if (kind == Kind::damaged) return "typical";
  return roll < 50 ? "clean" : "typical";
}

}  // namespace

const char* to_string(Kind kind) {
  switch (kind) {
    case Kind::genuine:
      return "genuine";
    case Kind::forged:
      return "forged";
    case Kind::copied:
      return "copied";
    case Kind::revoked:
      return "revoked";
    case Kind::expired:
      return "expired";
    case Kind::moved:
      return "moved";
    case Kind::blank:
      return "blank";
    case Kind::damaged:
      return "damaged";
    case Kind::missing:
      return "missing";
  }
  return "genuine";
}

std::map<Kind, unsigned> shares(unsigned faces) {
  std::map<Kind, unsigned> counts;
  for (const Kind kind : {Kind::forged, Kind::copied, Kind::revoked, Kind::expired, Kind::moved,
                          Kind::blank, Kind::damaged, Kind::missing}) {
    counts[kind] = std::max(1u, faces / 20);
  }
  counts[Kind::genuine] = faces - 7 * (faces / 20);
  return counts;
}

std::vector<std::vector<MintOrder>> plan_orders(unsigned faces, unsigned meters,
                                                std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<MintOrder>> orders(meters);
  const auto counts = shares(faces);
  const auto order = [&](Kind kind, const std::string& name) {
    const std::size_t meter = kind == Kind::revoked   ? meters - 1
                              : kind == Kind::expired ? meters - 2
                                                      : random() % (meters - 2);
    orders[meter].push_back(make_order(kind, name, random));
  };
  for (const Kind kind : {Kind::genuine, Kind::forged, Kind::revoked, Kind::expired, Kind::moved,
                          Kind::damaged, Kind::missing}) {
    for (unsigned i = 0; i < counts.at(kind); ++i) {
      order(kind, std::string(to_string(kind)) + "-" + std::to_string(i));
      if (kind == Kind::moved) order(Kind::missing, kHost + std::to_string(i));
    }
  }
  return orders;
}

Result<std::vector<PlannedFace>> plan_faces(const std::vector<MintedPiece>& minted, unsigned faces,
                                            std::uint64_t seed) {
  std::mt19937_64 random(seed ^ 0xFACE5);
  std::array<std::uint8_t, 32> stranger_seed{};
  for (auto& byte : stranger_seed) byte = static_cast<std::uint8_t>(random());
  const auto stranger = postal::SigningKey::from_seed(stranger_seed);
  if (!stranger) return std::unexpected(stranger.error());

  std::vector<PlannedFace> planned;
  std::map<std::string, MintedPiece> hosts;
  for (const MintedPiece& piece : minted) {
    if (piece.order.name.starts_with(kHost)) hosts.emplace(piece.order.name, piece);
  }
  unsigned forgeries = 0;
  for (const MintedPiece& piece : minted) {
    if (piece.order.kind == Kind::missing) continue;
    PlannedFace face{piece.order.name,    piece.order.kind, class_of(piece.order.kind, random),
                     piece.order.address, piece.token_hex,  piece.code,
                     piece.code};
    if (face.kind == Kind::moved) {
      const MintedPiece& host = hosts.at(kHost + piece.order.name.substr(6));
      face.address = host.order.address;
      face.code = host.code;
    }
    if (face.kind == Kind::forged) {
      auto forged = forge(piece.token_hex, forgeries++, *stranger);
      if (!forged) return std::unexpected(forged.error());
      face.token_hex = std::move(*forged);
    }
    planned.push_back(std::move(face));
  }
  std::shuffle(planned.begin(), planned.end(), random);

  const auto counts = shares(faces);
  const auto insert = [&](PlannedFace face, std::size_t earliest) {
    const std::size_t place = earliest + random() % (planned.size() - earliest + 1);
    planned.insert(planned.begin() + static_cast<std::ptrdiff_t>(place), std::move(face));
  };
  for (unsigned i = 0; i < counts.at(Kind::blank); ++i) {
    insert({"blank-" + std::to_string(i), Kind::blank, "blank",
            make_order(Kind::blank, "", random).address, "", "", ""},
           0);
  }
  // A copy bears the indicium and the code of a genuine piece that went by before it.
  unsigned copies = 0;
  for (std::size_t i = 0; i < planned.size() && copies < counts.at(Kind::copied); ++i) {
    if (planned[i].kind != Kind::genuine || planned[i].face_class != "clean") continue;
    PlannedFace copy = planned[i];
    copy.name = "copied-" + std::to_string(copies++);
    copy.kind = Kind::copied;
    insert(std::move(copy), i + 1);
  }
  return planned;
}

}  // namespace backstamp::demo
