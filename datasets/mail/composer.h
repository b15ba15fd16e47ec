// Puts things onto a face, and remembers where they are.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "datasets/mail/printed_face.h"

namespace backstamp::datasets {

class Composer {
 public:
  Composer(PrintedFace& face, FaceClass level, bool flat, Random& random)
      : face_(face), level_(level), flat_(flat), random_(random) {}

  /// A symbol that is to be printed, with measures.
  struct Prepared {
    meter::SymbolPlan plan;
    meter::InkGrid grid;
    double width_mm() const { return grid.x_mm.back(); }
    double height_mm() const { return grid.y_mm.back(); }
  };
  /// Gives it the measures of its standard, drawn within the tolerance. `most_mm`: its width.
  Result<Prepared> prepare(meter::SymbolPlan plan, double most_mm);
  void print(const Prepared& symbol, meter::PointMm top_left, double turn_deg, const char* role);

  /// Top right: an indicium with its text, or stamps.
  void place_indicium(const Prepared& symbol, bool postmarked);
  void place_stamps();
  void place_sender();
  /// The recipient, by machine or hand, with bars above, below or at the lower right; perhaps
  /// behind a window.
  void place_address(const std::vector<std::string>& lines, const Prepared* bars, bool window);
  /// A linear code with its text, on a label or not. False: there is no room.
  bool place_linear(const Prepared& symbol);
  void place_extras();
  void place_decoys(bool blank);
  void place_smudges(int count);
  void cover_a_symbol();

 private:
  double width_mm() const { return face_.surface.width_mm(); }
  double height_mm() const { return face_.surface.height_mm(); }
  void take(const RectMm& place) { taken_.push_back(place); }
  bool is_free(const RectMm& place, double clearance_mm) const;
  /// A free place of this size within the area, taken with it.
  std::optional<RectMm> find_place(double width_mm, double height_mm, const RectMm& area,
                                   double clearance_mm = 3);
  double draw_ink();
  void type(const std::vector<std::string>& lines, meter::PointMm at, double size_mm,
            double spacing_mm, double ink, double turn_deg = 0);
  void write(const std::vector<std::string>& lines, meter::PointMm at, double spacing_mm);
  void place_indicium_text(const RectMm& symbol);
  void place_fim(double before_mm);
  void place_retail_label();

  PrintedFace& face_;
  FaceClass level_;
  bool flat_;
  Random& random_;
  std::vector<RectMm> taken_;
};

/// Measures within the tolerances of the standards.
void draw_measures(meter::SymbolPlan& plan, FaceClass level, Random& random);

}  // namespace backstamp::datasets
