#include "programs/simulate/mix.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "datasets/random.h"

namespace backstamp::simulate {
namespace {

using datasets::FaceClass;

struct Share {
  FaceKind kind;
  FaceClass face_class;
  double percent;
};

/// What a line of business letters sees: nearly all of it franked by machines, clean enough, and of
/// everything that is not a little.
constexpr Share kPostal[] = {
    {FaceKind::genuine, FaceClass::typical, 80}, {FaceKind::genuine, FaceClass::clean, 5},
    {FaceKind::genuine, FaceClass::hard, 4},     {FaceKind::foreign, FaceClass::typical, 5},
    {FaceKind::blank, FaceClass::blank, 3},      {FaceKind::copied, FaceClass::typical, 2},
    {FaceKind::damaged, FaceClass::typical, 1},
};
constexpr Share kPlain[] = {{FaceKind::genuine, FaceClass::typical, 100}};

std::span<const Share> shares_of(const std::string& mix) {
  if (mix == "postal") return kPostal;
  if (mix == "plain") return kPlain;
  return {};
}

}  // namespace

Result<std::vector<PlannedFace>> plan_mix(const std::string& mix, std::uint32_t count,
                                          std::uint64_t seed) {
  const auto shares = shares_of(mix);
  if (shares.empty()) {
    return fail(ErrorKind::invalid, "--mix " + mix + ": there are postal and plain");
  }
  std::vector<PlannedFace> faces(count);
  double until = 0;
  std::size_t next = 0;
  for (const Share& share : shares) {
    until += share.percent / 100 * count;
    const auto end = std::min<std::size_t>(count, static_cast<std::size_t>(std::lround(until)));
    for (; next < end; ++next) {
      faces[next].kind = share.kind;
      faces[next].face_class = share.face_class;
    }
  }
  datasets::Random random(datasets::derive_seed(seed, 0x6D6978));
  for (std::uint32_t i = count; i > 1; --i) std::swap(faces[i - 1], faces[random.below(i)]);
  std::vector<std::uint32_t> originals;
  for (std::uint32_t i = 0; i < count; ++i) {
    faces[i].minted = faces[i].token_of = i;
    if (faces[i].kind == FaceKind::genuine) originals.push_back(i);
  }
  for (PlannedFace& face : faces) {
    if (face.kind != FaceKind::copied || originals.empty()) continue;
    face.token_of = originals[random.below(static_cast<std::uint32_t>(originals.size()))];
  }
  return faces;
}

std::string describe_mix(const std::string& mix) {
  std::string out;
  for (const Share& share : shares_of(mix)) {
    out += (out.empty() ? "" : ", ") + std::to_string(static_cast<int>(share.percent)) + " % " +
           std::string(to_string(share.kind));
    if (share.kind == FaceKind::genuine) {
      out += " " + std::string(datasets::to_string(share.face_class));
    }
  }
  return out;
}

}  // namespace backstamp::simulate
