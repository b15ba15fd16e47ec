#include "postal/kix.h"

#include <algorithm>

#include "postal/rm4scc_tables.h"

namespace backstamp::postal {
namespace {

constexpr int kPostcode = 6;
constexpr int kMostNumber = 5;
constexpr int kMostAddition = 6;

bool fits(std::string_view text, std::string_view form) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (kix_set(form[i]).find(text[i]) == std::string_view::npos) return false;
  return true;
}

}  // namespace

std::string_view kix_set(char letter) {
  switch (letter) {
    case 'P':
      return kRm4sccCharacters.substr(1, 9);
    case 'N':
      return kRm4sccCharacters.substr(0, 10);
    case 'A':
      return kRm4sccCharacters.substr(10);
    case 'X':
      return "X";
    default:
      return kRm4sccCharacters;
  }
}

std::vector<std::string> kix_forms(int characters) {
  std::vector<std::string> forms;
  for (int number = 1; number <= kMostNumber; ++number) {
    const int rest = characters - kPostcode - number;
    if (rest != 0 && (rest < 2 || rest > 1 + kMostAddition)) continue;
    std::string form = "PNNNAAP" + std::string(static_cast<std::size_t>(number - 1), 'N');
    if (rest > 0) form += 'X' + std::string(static_cast<std::size_t>(rest - 1), 'C');
    forms.push_back(std::move(form));
  }
  return forms;
}

std::string Kix::text() const {
  return postcode + number + (addition.empty() ? "" : "X" + addition);
}

Result<Kix> Kix::parse(std::string_view text) {
  constexpr std::size_t kMost = kPostcode + kMostNumber + 1 + kMostAddition;
  for (const std::string& form : kix_forms(static_cast<int>(std::min(text.size(), kMost + 1)))) {
    if (!fits(text, form)) continue;
    const std::size_t x = form.find('X');
    return Kix{std::string(text.substr(0, kPostcode)),
               std::string(text.substr(kPostcode, x == form.npos ? x : x - kPostcode)),
               std::string(x == form.npos ? "" : text.substr(x + 1))};
  }
  return fail(ErrorKind::invalid, "KIX: postcode, house number and X with an addition are wanted");
}

}  // namespace backstamp::postal
