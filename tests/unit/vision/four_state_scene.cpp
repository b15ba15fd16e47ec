#include "four_state_scene.h"

#include <zint.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "postal/imb_bars.h"

namespace backstamp::vision::test {
namespace {

Drawn draw_by_zint(int symbology, const std::string& text) {
  zint_symbol* symbol = ZBarcode_Create();
  symbol->symbology = symbology;
  symbol->show_hrt = 0;
  Drawn drawn;
  const int encoded = ZBarcode_Encode(symbol, reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()));
  if (encoded < ZINT_ERROR && ZBarcode_Buffer_Vector(symbol, 0) < ZINT_ERROR) {
    for (const zint_vector_rect* r = symbol->vector->rectangles; r != nullptr; r = r->next)
      drawn.bars.push_back({r->x, r->y, r->width, r->height});
  }
  ZBarcode_Delete(symbol);
  if (drawn.bars.empty()) throw std::runtime_error("libzint did not draw " + text);
  float left = 1e9f, top = 1e9f;
  for (const Bar& bar : drawn.bars) left = std::min(left, bar.x), top = std::min(top, bar.y);
  for (Bar& bar : drawn.bars) {
    bar.x -= left, bar.y -= top;
    drawn.width = std::max(drawn.width, bar.x + bar.width);
    drawn.height = std::max(drawn.height, bar.y + bar.height);
  }
  return drawn;
}

Drawn with_pitch(Drawn drawn) {
  float last = 0;
  for (const Bar& bar : drawn.bars) last = std::max(last, bar.x);
  drawn.pitch = last / static_cast<float>(drawn.bars.size() - 1);
  return drawn;
}

// libzint leaves the heights to its user: bars of 0.125 and 0.050 inches at 22 an inch.
Drawn with_two_heights(Drawn drawn) {
  const float tall = 2.75f * drawn.pitch, low = 1.1f * drawn.pitch;
  for (Bar& bar : drawn.bars) {
    bar.height = bar.height > 0.75f * drawn.height ? tall : low;
    bar.y = tall - bar.height;
  }
  drawn.height = tall;
  return drawn;
}

}  // namespace

Drawn draw_imb(const std::string& tracking, const std::string& routing) {
  return with_pitch(
      draw_by_zint(BARCODE_USPS_IMAIL, routing.empty() ? tracking : tracking + "-" + routing));
}

Drawn draw_bars(postal::Symbology symbology, const std::string& content) {
  const auto draw = [&](int zint_symbology) {
    return with_pitch(draw_by_zint(zint_symbology, content));
  };
  switch (symbology) {
    case postal::Symbology::mailmark:
      return draw(BARCODE_MAILMARK);
    case postal::Symbology::rm4scc:
      return draw(BARCODE_RM4SCC);
    case postal::Symbology::kix:
      return draw(BARCODE_KIX);
    case postal::Symbology::japan_post:
      return draw(BARCODE_JAPANPOST);
    case postal::Symbology::postnet:
      return with_two_heights(draw(BARCODE_POSTNET));
    case postal::Symbology::planet:
      return with_two_heights(draw(BARCODE_PLANET));
    case postal::Symbology::australia_post: {
      const std::string control = content.substr(0, 2);
      const int kind = control == "45"   ? BARCODE_AUSREPLY
                       : control == "87" ? BARCODE_AUSROUTE
                       : control == "92" ? BARCODE_AUSREDIRECT
                                         : BARCODE_AUSPOST;
      return with_pitch(draw_by_zint(kind, content.substr(2)));
    }
    default:
      return draw_imb(content.substr(0, 20), content.substr(20));
  }
}

Drawn draw_letters(const std::string& letters, float bar_share, float full_pitches) {
  Drawn drawn;
  drawn.pitch = 1;
  const float tracker = full_pitches / 3;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const bool up = letters[i] == 'A' || letters[i] == 'F';
    const bool down = letters[i] == 'D' || letters[i] == 'F';
    const float top = up ? 0 : tracker;
    const float bottom = down ? 3 * tracker : 2 * tracker;
    drawn.bars.push_back({static_cast<float>(i), top, bar_share, bottom - top});
  }
  drawn.width = static_cast<float>(letters.size() - 1) + bar_share;
  drawn.height = full_pitches;
  return drawn;
}

Drawn draw_code128(const std::string& text) {
  return draw_by_zint(BARCODE_CODE128, text);
}

Scene::Scene(int width_px, int height_px, float paper)
    : width_(width_px),
      height_(height_px),
      grey_(static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px), paper) {}

// Coverage by 4 × 4 points a pixel.
void Scene::fill(const Point (&corners)[4], float ink) {
  float left = 1e9f, right = -1e9f, top = 1e9f, bottom = -1e9f;
  for (const Point& p : corners) {
    left = std::min(left, p.x), right = std::max(right, p.x);
    top = std::min(top, p.y), bottom = std::max(bottom, p.y);
  }
  const int x0 = std::max(0, static_cast<int>(std::floor(left)));
  const int x1 = std::min(width_ - 1, static_cast<int>(std::floor(right)));
  const int y0 = std::max(0, static_cast<int>(std::floor(top)));
  const int y1 = std::min(height_ - 1, static_cast<int>(std::floor(bottom)));
  const auto inside = [&](float x, float y) {
    for (int i = 0; i < 4; ++i) {
      const Point& a = corners[i];
      const Point& b = corners[(i + 1) % 4];
      if ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) < 0) return false;
    }
    return true;
  };
  for (int y = y0; y <= y1; ++y) {
    for (int x = x0; x <= x1; ++x) {
      int hits = 0;
      for (int s = 0; s < 16; ++s)
        hits += inside(static_cast<float>(x) + (static_cast<float>(s % 4) + 0.5f) / 4,
                       static_cast<float>(y) + (static_cast<float>(s / 4) + 0.5f) / 4);
      at(x, y) += (ink - at(x, y)) * static_cast<float>(hits) / 16;
    }
  }
}

void Scene::print(const Drawn& symbol, Point centre, float px_per_unit, float angle_deg,
                  float ink) {
  const float angle = angle_deg * std::numbers::pi_v<float> / 180;
  const float c = std::cos(angle) * px_per_unit, s = std::sin(angle) * px_per_unit;
  const auto place = [&](float x, float y) {
    x -= symbol.width / 2, y -= symbol.height / 2;
    return Point{centre.x + c * x - s * y, centre.y + s * x + c * y};
  };
  for (const Bar& bar : symbol.bars) {
    const Point corners[4] = {place(bar.x, bar.y), place(bar.x + bar.width, bar.y),
                              place(bar.x + bar.width, bar.y + bar.height),
                              place(bar.x, bar.y + bar.height)};
    fill(corners, ink);
  }
}

void Scene::text_line(Point from, float length_px, float x_height_px, std::mt19937& random,
                      float ink) {
  std::uniform_real_distribution<float> any(0, 1);
  const float stroke = x_height_px / 6;
  float x = from.x;
  const auto box = [&](float left, float top, float width, float height) {
    const Point corners[4] = {{left, from.y - top},
                              {left + width, from.y - top},
                              {left + width, from.y - top + height},
                              {left, from.y - top + height}};
    fill(corners, ink);
  };
  while (x < from.x + length_px) {
    if (any(random) < 0.15f) {
      x += x_height_px * 0.6f;
      continue;
    }
    const int stems = 1 + static_cast<int>(any(random) * 3);
    const float gap = x_height_px * (0.5f + 0.1f * any(random));
    for (int stem = 0; stem < stems; ++stem) {
      const float kind = any(random);
      const float up = kind < 0.25f ? 1.45f : 1.0f, down = kind > 0.85f ? 0.4f : 0.0f;
      box(x, up * x_height_px, stroke, (up + down) * x_height_px);
      if (stem + 1 < stems && any(random) < 0.8f)
        box(x, any(random) < 0.5f ? x_height_px : stroke, gap, stroke);
      x += gap;
    }
    x += x_height_px * 0.15f;
  }
}

void Scene::blur(float sigma_px) {
  if (sigma_px <= 0) return;
  const int reach = static_cast<int>(std::ceil(3 * sigma_px));
  std::vector<float> kernel;
  float total = 0;
  for (int i = -reach; i <= reach; ++i) {
    kernel.push_back(std::exp(-0.5f * static_cast<float>(i * i) / (sigma_px * sigma_px)));
    total += kernel.back();
  }
  std::vector<float> across(grey_.size());
  const auto pass = [&](const std::vector<float>& from, std::vector<float>& to, bool along_x) {
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        float sum = 0;
        for (int i = -reach; i <= reach; ++i) {
          const int xx = along_x ? std::clamp(x + i, 0, width_ - 1) : x;
          const int yy = along_x ? y : std::clamp(y + i, 0, height_ - 1);
          sum += kernel[static_cast<std::size_t>(i + reach)] *
                 from[static_cast<std::size_t>(yy * width_ + xx)];
        }
        to[static_cast<std::size_t>(y * width_ + x)] = sum / total;
      }
    }
  };
  pass(grey_, across, true);
  pass(across, grey_, false);
}

void Scene::motion(int length_px) {
  if (length_px < 2) return;
  const std::vector<float> from = grey_;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      float sum = 0;
      for (int i = 0; i < length_px; ++i)
        sum += from[static_cast<std::size_t>(y * width_ +
                                             std::clamp(x + i - length_px / 2, 0, width_ - 1))];
      at(x, y) = sum / static_cast<float>(length_px);
    }
  }
}

void Scene::noise(float sigma_grey, std::mt19937& random) {
  std::normal_distribution<float> normal(0, sigma_grey);
  for (float& grey : grey_) grey += normal(random);
}

void Scene::uneven_light(float share) {
  for (int y = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x)
      at(x, y) *= 1 - share * static_cast<float>(x) / static_cast<float>(width_);
}

void Scene::contrast(float share, float paper) {
  for (float& grey : grey_) grey = paper + share * (grey - paper);
}

Frame Scene::frame() const {
  Frame frame(width_, height_);
  for (int y = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x)
      frame.row(y)[x] = static_cast<std::uint8_t>(
          std::clamp(grey_[static_cast<std::size_t>(y * width_ + x)] + 0.5f, 0.0f, 255.0f));
  return frame;
}

std::string letters_of(const Digits& digits) {
  return postal::to_letters(postal::encode_imb(postal::Imb::parse(digits.all()).value()));
}

std::string random_letters(std::mt19937& random, int count) {
  std::string letters;
  for (int i = 0; i < count; ++i) letters += "ADFT"[random() % 4];
  return letters;
}

Digits random_digits(std::mt19937& random) {
  const auto digits = [&](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += static_cast<char>('0' + random() % 10);
    return text;
  };
  constexpr int kRouting[4] = {0, 5, 9, 11};
  Digits result;
  result.tracking = digits(1) + static_cast<char>('0' + random() % 5) + digits(18);
  result.routing = digits(kRouting[random() % 4]);
  return result;
}

Scene alone(const Drawn& symbol, float pitch_px, float angle_deg, float ink) {
  const float scale = pitch_px / symbol.pitch;
  const float angle = angle_deg * std::numbers::pi_v<float> / 180;
  const float w = symbol.width * scale, h = symbol.height * scale, margin = 12 * pitch_px;
  const float c = std::abs(std::cos(angle)), s = std::abs(std::sin(angle));
  Scene scene(static_cast<int>(w * c + h * s + margin), static_cast<int>(w * s + h * c + margin));
  scene.print(symbol,
              {static_cast<float>(scene.width()) / 2, static_cast<float>(scene.height()) / 2},
              scale, angle_deg, ink);
  return scene;
}

}  // namespace backstamp::vision::test
