#include "postal/uk_postcode.h"

#include <cstddef>

namespace backstamp::postal {

int uk_postcode_form(std::string_view text) {
  for (std::size_t form = 0; form < kUkPostcodeForms.size(); ++form) {
    if (kUkPostcodeForms[form].size() != text.size()) continue;
    bool fits = true;
    for (std::size_t i = 0; i < text.size(); ++i)
      fits = fits && uk_postcode_set(kUkPostcodeForms[form][i]).find(text[i]) != text.npos;
    if (fits) return static_cast<int>(form);
  }
  return -1;
}

}  // namespace backstamp::postal
