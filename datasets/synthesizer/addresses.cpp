#include "datasets/synthesizer/addresses.h"

#include <array>

namespace backstamp::datasets {
namespace {

constexpr std::array<const char*, 24> kFirst = {
    "Ada",   "Bruno", "Carla",  "Dario", "Edith", "Felix",  "Greta", "Hugo",
    "Ines",  "Jonas", "Klara",  "Lukas", "Mara",  "Nils",   "Olga",  "Pavel",
    "Quinn", "Rosa",  "Stefan", "Thea",  "Ulla",  "Viktor", "Wanda", "Yara"};
constexpr std::array<const char*, 24> kLast = {
    "Almond",     "Birkbeck", "Castellan", "Dunmore",  "Elsworth",  "Fairlamb",
    "Grindstone", "Hollis",   "Ingleby",   "Jarrow",   "Kettering", "Lindqvist",
    "Marlowe",    "Norwood",  "Okafor",    "Pemberly", "Quillan",   "Rowntree",
    "Silvano",    "Tremaine", "Underhill", "Varga",    "Whitlock",  "Yardley"};
constexpr std::array<const char*, 20> kStreet = {
    "Mill",   "Foundry", "Harbour", "Juniper", "Lantern",  "Maple",  "Orchard",
    "Quarry", "Raven",   "Saddle",  "Tannery", "Vineyard", "Willow", "Abbey",
    "Bridge", "Copper",  "Drover",  "Elder",   "Falcon",   "Granary"};
constexpr std::array<const char*, 8> kStreetKind = {"Street", "Road",  "Lane",  "Avenue",
                                                    "Drive",  "Court", "Place", "Terrace"};
constexpr std::array<const char*, 20> kTown = {
    "Ashford Falls", "Brindlemere", "Carrow",    "Dunhaven",        "Eastmoor",
    "Fernley Bay",   "Glenarrow",   "Holloway",  "Ironbridge Park", "Juniper Hill",
    "Kestrel Point", "Larkfield",   "Millbrook", "New Arden",       "Oakhollow",
    "Port Selden",   "Quarrytown",  "Redwater",  "Stonebeck",       "Thornbury Cross"};
constexpr std::array<const char*, 8> kState = {"XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH"};
constexpr std::array<const char*, 12> kFirm = {
    "Northgate Mutual",  "Lantern Energy",    "Rowan & Pike",     "Harbour Savings",
    "Civic Water Board", "Meridian Dental",   "Quill & Partners", "Summit Insurance",
    "Bellweather Press", "Fieldstone Credit", "Orchard Clinic",   "Tidewater Supply"};
constexpr std::array<const char*, 10> kFirmTail = {
    "Attn: Accounts",     "Suite 210",      "Floor 4", "Customer Service", "Unit 7B",
    "Billing Department", "Records Office", "Apt 12",  "Room 305",         "Claims"};
constexpr std::array<const char*, 28> kWord = {
    "please", "open",   "your",   "statement", "enclosed", "offer",     "account",
    "notice", "return", "before", "the",       "end",      "of",        "month",
    "save",   "today",  "member", "annual",    "report",   "important", "details",
    "inside", "thank",  "you",    "service",   "review",   "renew",     "information"};

std::string digits(Random& random, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += static_cast<char>('0' + random.below(10));
  return text;
}

std::string street_line(Random& random) {
  return std::to_string(random.integer(1, 4999)) + " " + random.pick(kStreet) + " " +
         random.pick(kStreetKind);
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

}  // namespace

InventedAddress invent_recipient(Random& random) {
  InventedAddress address;
  const std::string zip = digits(random, 5);
  const std::string plus4 = digits(random, 4);
  address.routing = zip + plus4 + digits(random, 2);
  address.lines.push_back(std::string(random.pick(kFirst)) + " " + random.pick(kLast));
  if (random.chance(0.35)) address.lines.emplace_back(random.pick(kFirm));
  address.lines.push_back(street_line(random));
  if (random.chance(0.3)) address.lines.emplace_back(random.pick(kFirmTail));
  address.lines.push_back(std::string(random.pick(kTown)) + " " + random.pick(kState) + "  " + zip +
                          "-" + plus4);
  if (random.chance(0.4)) {
    for (std::string& line : address.lines) line = upper(line);
  }
  return address;
}

std::vector<std::string> invent_sender(Random& random) {
  return {random.pick(kFirm), street_line(random),
          std::string(random.pick(kTown)) + " " + random.pick(kState) + " " + digits(random, 5)};
}

std::vector<std::string> invent_prose(Random& random, int lines) {
  std::vector<std::string> prose;
  for (int i = 0; i < lines; ++i) {
    std::string line;
    for (int words = random.integer(4, 8); words > 0; --words) {
      line += (line.empty() ? "" : " ") + std::string(random.pick(kWord));
    }
    prose.push_back(std::move(line));
  }
  return prose;
}

}  // namespace backstamp::datasets
