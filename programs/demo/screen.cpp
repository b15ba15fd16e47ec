#include <cstdio>

#include "programs/demo/outcome.h"

namespace backstamp::demo {
namespace {

template <typename... Values>
std::string line(const char* format, Values... values) {
  char text[240];
  std::snprintf(text, sizeof text, format, values...);
  return std::string(text) + "\n";
}

double number(const Json& json, const char* group, const char* key) {
  return json.at(group).at(key).get<double>();
}

std::string counts(const std::map<std::string, unsigned>& map) {
  std::string text;
  for (const auto& [name, count] : map) {
    text += (text.empty() ? "" : "   ") + name + " " + std::to_string(count);
  }
  return text;
}

const char* meaning(const std::string& kind) {
  if (kind == "forged") return "suspect: forged or unknown key";
  if (kind == "copied") return "suspect: duplicate; the original stays read";
  if (kind == "revoked") return "suspect: revoked";
  if (kind == "expired") return "suspect: expired";
  if (kind == "moved") return "suspect: its code is not the face's";
  if (kind == "blank") return "no-read: nothing found";
  if (kind == "damaged") return "read right, or a no-read with its cause";
  if (kind == "missing") return "not read, after the waiting period";
  return "";
}

}  // namespace

std::string to_screen(const Outcome& outcome, const Json& report, const std::string& folder) {
  std::string out = "\n";
  out += line("  pieces        %llu past the camera, %.1f a second",
              static_cast<unsigned long long>(outcome.pieces),
              report.at("pieces_per_s").get<double>());
  out += line("  latency       p50 %.1f ms   p90 %.1f ms   p99 %.1f ms   (induction to decision)",
              number(report, "latency_ms", "p50"), number(report, "latency_ms", "p90"),
              number(report, "latency_ms", "p99"));
  out += line("  reading       p50 %.1f ms   p90 %.1f ms   p99 %.1f ms   (locate + decode)",
              number(report, "read_ms", "p50"), number(report, "read_ms", "p90"),
              number(report, "read_ms", "p99"));
  for (const auto& [format, read] : outcome.read) {
    out += line("  read rate     %-11s %5u of %5u  %6.2f %%", format.c_str(), read.first,
                read.second, read.second == 0 ? 0.0 : 100.0 * read.first / read.second);
  }
  out += line("  verdicts      %s", counts(outcome.verdicts).c_str());
  out += line("  data center   %s", counts(outcome.states).c_str());
  out += "\n  planted       found  of    and the data center must say\n";
  for (const auto& [kind, planted] : outcome.planted) {
    out += line("  %-12s %6u %4u    %s%s", kind.c_str(), planted.found, planted.planted,
                meaning(kind), planted.found == planted.planted ? "" : "   <- MISSED");
  }
  out +=
      "\n  tokens in doubt                    verdict   decision  reason (rule)                the "
      "data "
      "center says\n";
  for (const Scene& scene : outcome.scenes) {
    out += line("  %-34s %-9s %-9s %-28s %s%s", scene.what.c_str(), scene.verdict.c_str(),
                scene.decision.c_str(), scene.reason.c_str(), scene.center.c_str(),
                scene.right ? "" : "   <- NOT AS IT SHOULD BE");
  }
  for (const std::string& missed : outcome.missed) out += line("    missed: %s", missed.c_str());
  out += "\n";
  out += line(
      "  lost %llu   counted twice %llu   misread %llu   crooked mail accepted %llu   "
      "meters misinformed %llu",
      static_cast<unsigned long long>(outcome.lost),
      static_cast<unsigned long long>(outcome.duplicated),
      static_cast<unsigned long long>(outcome.misread),
      static_cast<unsigned long long>(outcome.passed),
      static_cast<unsigned long long>(outcome.unheard));
  out += line("  honest mail, fully read, diverted all the same: %llu",
              static_cast<unsigned long long>(outcome.honest_diverted));
  out += "\n";
  out += line("  pictures of the no-reads   %s/evidence/no-read/*", folder.c_str());
  out += line("  the faces and their truth  %s/faces", folder.c_str());
  out += line("  this, for machines         %s/summary.json", folder.c_str());
  out += line("\n  %s\n",
              outcome.ok() ? "Every piece accounted for." : "NOT every piece is accounted for.");
  return out;
}

}  // namespace backstamp::demo
