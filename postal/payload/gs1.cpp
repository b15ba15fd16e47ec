#include "postal/payload/gs1.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "postal/codes.h"
#include "postal/payload/text.h"

namespace backstamp::postal::payload {
namespace {

constexpr char kSeparator = '\x1D';
constexpr std::size_t kMostElements = 64;
constexpr std::string_view kNotInGs1 = " $@[\\]^`{|}~";  // of ASCII; '#' is in one of its sets

enum Further { digits, text };

/// What may stand behind the application identifiers `first` to `last`: so many digits, then
/// `least` to `most` further characters.
struct Rule {
  int first;
  int last;
  std::size_t size;  ///< of the identifier itself
  std::size_t fixed;
  std::size_t least;
  std::size_t most;
  Further further;
  std::size_t checked;  ///< the last of so many leading digits is their check digit
  bool dated;           ///< begins with YYMMDD, where DD may be 00
};

// GS1 Barcode Syntax Dictionary. What consists of several texts is one here; the check characters
// of 8013 and what a text must further be (a country, an IBAN) are not looked at.
constexpr auto kRules = std::to_array<Rule>({
    {0, 0, 2, 18, 0, 0, digits, 18, false},        // SSCC
    {1, 3, 2, 14, 0, 0, digits, 14, false},        // GTIN, content, MTO GTIN
    {10, 10, 2, 0, 1, 20, text, 0, false},         // batch
    {11, 13, 2, 6, 0, 0, digits, 0, true},         // production, due, packaging date
    {15, 17, 2, 6, 0, 0, digits, 0, true},         // best before, sell by, expiry
    {20, 20, 2, 2, 0, 0, digits, 0, false},        // variant
    {21, 22, 2, 0, 1, 20, text, 0, false},         // serial number, consumer product variant
    {30, 30, 2, 0, 1, 8, digits, 0, false},        // variable count
    {37, 37, 2, 0, 1, 8, digits, 0, false},        // count
    {90, 90, 2, 0, 1, 30, text, 0, false},         // by agreement
    {91, 99, 2, 0, 1, 90, text, 0, false},         // company internal
    {235, 235, 3, 0, 1, 28, text, 0, false},       // third party serial number
    {240, 241, 3, 0, 1, 30, text, 0, false},       // additional identification, part number
    {242, 242, 3, 0, 1, 6, digits, 0, false},      // made-to-order variant
    {243, 243, 3, 0, 1, 20, text, 0, false},       // packaging component
    {250, 251, 3, 0, 1, 30, text, 0, false},       // secondary serial number, source
    {253, 253, 3, 13, 0, 17, text, 13, false},     // document type
    {254, 254, 3, 0, 1, 20, text, 0, false},       // extension of a GLN
    {255, 255, 3, 13, 0, 12, digits, 13, false},   // coupon
    {400, 401, 3, 0, 1, 30, text, 0, false},       // order, consignment
    {402, 402, 3, 17, 0, 0, digits, 17, false},    // shipment
    {403, 403, 3, 0, 1, 30, text, 0, false},       // route
    {410, 417, 3, 13, 0, 0, digits, 13, false},    // GLN
    {420, 420, 3, 0, 1, 20, text, 0, false},       // ship to postal code
    {421, 421, 3, 3, 1, 9, text, 0, false},        // with ISO country
    {422, 422, 3, 3, 0, 0, digits, 0, false},      // country of origin
    {423, 423, 3, 0, 1, 15, digits, 0, false},     // countries of processing
    {424, 424, 3, 3, 0, 0, digits, 0, false},      //
    {425, 425, 3, 0, 1, 15, digits, 0, false},     //
    {426, 426, 3, 3, 0, 0, digits, 0, false},      //
    {427, 427, 3, 0, 1, 3, text, 0, false},        // subdivision of origin
    {710, 715, 3, 0, 1, 20, text, 0, false},       // national healthcare numbers
    {3100, 3699, 4, 6, 0, 0, digits, 0, false},    // measures
    {3900, 3909, 4, 0, 1, 15, digits, 0, false},   // amount
    {3910, 3919, 4, 3, 1, 15, digits, 0, false},   // with ISO currency
    {3920, 3929, 4, 0, 1, 15, digits, 0, false},   // price
    {3930, 3939, 4, 3, 1, 15, digits, 0, false},   // with ISO currency
    {3940, 3943, 4, 4, 0, 0, digits, 0, false},    // per cent off
    {3950, 3955, 4, 6, 0, 0, digits, 0, false},    // price per unit
    {4300, 4301, 4, 0, 1, 35, text, 0, false},     // ship to: company, name
    {4302, 4306, 4, 0, 1, 70, text, 0, false},     // address
    {4307, 4307, 4, 0, 2, 2, text, 0, false},      // country
    {4308, 4308, 4, 0, 1, 30, text, 0, false},     // telephone
    {4309, 4309, 4, 20, 0, 0, digits, 0, false},   // latitude and longitude
    {4310, 4311, 4, 0, 1, 35, text, 0, false},     // return to: company, name
    {4312, 4316, 4, 0, 1, 70, text, 0, false},     // address
    {4317, 4317, 4, 0, 2, 2, text, 0, false},      // country
    {4318, 4318, 4, 0, 1, 20, text, 0, false},     // postal code
    {4319, 4319, 4, 0, 1, 30, text, 0, false},     // telephone
    {4320, 4320, 4, 0, 1, 35, text, 0, false},     // service
    {4321, 4323, 4, 1, 0, 0, digits, 0, false},    // dangerous, leave, signature
    {4324, 4325, 4, 10, 0, 0, digits, 0, true},    // not before, not after
    {4326, 4326, 4, 6, 0, 0, digits, 0, true},     // release date
    {4330, 4333, 4, 6, 0, 1, text, 0, false},      // temperatures
    {7001, 7001, 4, 13, 0, 0, digits, 0, false},   // NATO stock number
    {7002, 7002, 4, 0, 1, 30, text, 0, false},     // meat cut
    {7003, 7003, 4, 10, 0, 0, digits, 0, true},    // expiry time
    {7004, 7004, 4, 0, 1, 4, digits, 0, false},    // potency
    {7005, 7005, 4, 0, 1, 12, text, 0, false},     // catch area
    {7006, 7006, 4, 6, 0, 0, digits, 0, true},     // first freeze date
    {7007, 7007, 4, 6, 0, 6, digits, 0, true},     // harvest dates
    {7008, 7008, 4, 0, 1, 3, text, 0, false},      // species
    {7009, 7009, 4, 0, 1, 10, text, 0, false},     // fishing gear
    {7010, 7010, 4, 0, 1, 2, text, 0, false},      // production method
    {7011, 7011, 4, 6, 0, 4, digits, 0, true},     // test by date
    {7020, 7022, 4, 0, 1, 20, text, 0, false},     // refurbishment
    {7023, 7023, 4, 0, 1, 30, text, 0, false},     // assembly
    {7030, 7039, 4, 3, 1, 27, text, 0, false},     // processors
    {7040, 7040, 4, 1, 3, 3, text, 0, false},      // unique identification code
    {7230, 7239, 4, 0, 3, 30, text, 0, false},     // certification
    {7240, 7240, 4, 0, 1, 20, text, 0, false},     // protocol
    {7241, 7241, 4, 2, 0, 0, digits, 0, false},    // medium
    {7242, 7242, 4, 0, 1, 25, text, 0, false},     // version control
    {8001, 8001, 4, 14, 0, 0, digits, 0, false},   // roll
    {8002, 8002, 4, 0, 1, 20, text, 0, false},     // mobile telephone
    {8003, 8003, 4, 14, 0, 16, text, 14, false},   // returnable asset
    {8004, 8004, 4, 0, 1, 30, text, 0, false},     // individual asset
    {8005, 8005, 4, 6, 0, 0, digits, 0, false},    // price per unit
    {8006, 8006, 4, 18, 0, 0, digits, 14, false},  // piece of a trade item
    {8007, 8007, 4, 0, 1, 34, text, 0, false},     // IBAN
    {8008, 8008, 4, 8, 0, 4, digits, 0, true},     // time of production
    {8009, 8009, 4, 0, 1, 50, text, 0, false},     // sensor
    {8010, 8010, 4, 0, 1, 30, text, 0, false},     // component
    {8011, 8011, 4, 0, 1, 12, digits, 0, false},   // its serial number
    {8012, 8012, 4, 0, 1, 20, text, 0, false},     // version of software
    {8013, 8013, 4, 0, 1, 25, text, 0, false},     // model
    {8017, 8018, 4, 18, 0, 0, digits, 18, false},  // service relation
    {8019, 8019, 4, 0, 1, 10, digits, 0, false},   // its instance
    {8020, 8020, 4, 0, 1, 25, text, 0, false},     // payment slip
    {8026, 8026, 4, 18, 0, 0, digits, 14, false},  // contained piece
    {8030, 8030, 4, 0, 1, 90, text, 0, false},     // signature
    {8110, 8110, 4, 0, 1, 70, text, 0, false},     // coupon
    {8111, 8111, 4, 4, 0, 0, digits, 0, false},    // points
    {8112, 8112, 4, 0, 1, 70, text, 0, false},     // coupon
    {8200, 8200, 4, 0, 1, 70, text, 0, false},     // address of a product
});

const Rule* rule_of(std::string_view content) {
  for (const std::size_t size : {2U, 3U, 4U}) {
    if (content.size() < size || !all_digits(content.substr(0, size))) return nullptr;
    int identifier = 0;
    std::from_chars(content.data(), content.data() + size, identifier);
    for (const Rule& rule : kRules) {
      if (rule.size == size && identifier >= rule.first && identifier <= rule.last) return &rule;
    }
  }
  return nullptr;
}

/// Identifiers whose element has a predefined length, so that no separator follows.
bool has_predefined_length(std::string_view identifier) {
  const std::string_view two = identifier.substr(0, 2);
  return two <= "04" || (two >= "11" && two <= "20") || (two >= "31" && two <= "36") || two == "41";
}

bool is_date(std::string_view yymmdd) {
  const auto two = [&](std::size_t at) {
    return static_cast<unsigned>(yymmdd[at] - '0') * 10 +
           static_cast<unsigned>(yymmdd[at + 1] - '0');
  };
  const unsigned day = std::max(1U, two(4));  // 00: the month as a whole
  return Date{std::chrono::year(static_cast<int>(2000 + two(0))), std::chrono::month(two(2)),
              std::chrono::day(day)}
      .ok();
}

Result<void> check_value(const Rule& rule, std::string_view value) {
  if (value.size() < rule.fixed + rule.least || value.size() > rule.fixed + rule.most) {
    return refuse("the length is not one of its identifier");
  }
  const std::string_view fixed = value.substr(0, rule.fixed);
  const std::string_view further = value.substr(rule.fixed);
  if (!fixed.empty() && !all_digits(fixed)) return refuse("only digits are allowed");
  if (rule.further == digits && !further.empty() && !all_digits(further)) {
    return refuse("only digits are allowed");
  }
  if (!all_printable(further) || further.find_first_of(kNotInGs1) != further.npos) {
    return refuse("there are characters that GS1 does not allow");
  }
  if (rule.checked > 0 &&
      gs1_check_digit(fixed.substr(0, rule.checked - 1)) != fixed[rule.checked - 1]) {
    return refuse("the check digit does not agree");
  }
  if (rule.dated && !is_date(value.substr(0, 6))) return refuse("there is no such day");
  return {};
}

/// Takes the first element off `rest`.
Result<Gs1Elements::Element> take_element(std::string_view& rest) {
  const Rule* rule = rule_of(rest);
  if (rule == nullptr) return refuse("the application identifier is not known");
  Gs1Elements::Element element{std::string(rest.substr(0, rule->size)), ""};
  rest.remove_prefix(rule->size);
  std::size_t size = std::min(rest.size(), rest.find(kSeparator));
  if (has_predefined_length(element.identifier)) size = std::min(size, rule->fixed);
  element.value = rest.substr(0, size);
  rest.remove_prefix(size);
  const bool separated = rest.starts_with(kSeparator);
  if (separated) rest.remove_prefix(1);
  if (separated && rest.empty()) return refuse("a separator stands at the end");
  if (const auto valid = check_value(*rule, element.value); !valid) {
    return fail("(" + element.identifier + ")", valid.error());
  }
  return element;
}

}  // namespace

bool says_gs1(std::string_view content) {
  if (content.starts_with(kSeparator)) return true;
  for (const std::string_view mark : {"]C1", "]d2", "]Q3", "]J1", "]e0"}) {
    if (content.starts_with(mark)) return true;
  }
  return false;
}

std::string_view without_gs1_mark(std::string_view content) {
  if (!says_gs1(content)) return content;
  if (content.starts_with(']')) content.remove_prefix(3);
  if (content.starts_with(kSeparator)) content.remove_prefix(1);
  return content;
}

Result<Gs1Elements> parse_gs1(std::string_view content) {
  std::string_view rest = without_gs1_mark(content);
  if (rest.empty()) return refuse("there is no element");
  Gs1Elements out;
  while (!rest.empty()) {
    if (out.elements.size() == kMostElements) return refuse("there are more than 64 elements");
    auto element = take_element(rest);
    if (!element) return std::unexpected(element.error());
    const auto same = std::find_if(out.elements.begin(), out.elements.end(), [&](const auto& e) {
      return e.identifier == element->identifier;
    });
    if (same != out.elements.end() && same->value != element->value) {
      return refuse("(" + element->identifier + ") stands there twice and differs");
    }
    out.elements.push_back(*std::move(element));
  }
  return out;
}

std::string print(const Gs1Elements& elements) {
  std::string out(1, kSeparator);
  for (std::size_t i = 0; i < elements.elements.size(); ++i) {
    const Gs1Elements::Element& element = elements.elements[i];
    out += element.identifier + element.value;
    const bool last = i + 1 == elements.elements.size();
    if (!last && !has_predefined_length(element.identifier)) out += kSeparator;
  }
  return out;
}

std::size_t check_digits(const Gs1Elements& elements) {
  return static_cast<std::size_t>(std::count_if(elements.elements.begin(), elements.elements.end(),
                                                [](const Gs1Elements::Element& element) {
                                                  const Rule* rule = rule_of(element.identifier);
                                                  return rule != nullptr && rule->checked > 0;
                                                }));
}

}  // namespace backstamp::postal::payload
