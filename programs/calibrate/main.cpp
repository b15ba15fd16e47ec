// backstamp-calibrate: station profiles, made and checked against recorded faces.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/process.h"
#include "calibration/check.h"
#include "calibration/profile.h"
#include "programs/command_line.h"

namespace {

using namespace backstamp;

struct Arguments {
  std::filesystem::path profile;
  std::filesystem::path dataset;
  std::filesystem::path out;
  std::string camera;
  std::uint64_t faces = 100;
  bool json = false;
};

Result<calibration::CheckReport> measure(const Arguments& arguments,
                                         const calibration::Profile& profile) {
  auto dataset = datasets::DatasetReader::open(arguments.dataset);
  if (!dataset) return std::unexpected(dataset.error());
  auto pool = vision::DecodePool::start({});
  if (!pool) return std::unexpected(pool.error());
  return calibration::check_profile(profile, *dataset, *pool, arguments.faces);
}

void print_json(const calibration::CheckReport& report) {
  const nlohmann::ordered_json json{
      {"agrees", report.agrees()},
      {"faces", report.faces},
      {"symbols", report.symbols_used},
      {"edges", report.measured.edges},
      {"px_per_mm", {{"x", report.measured.px_per_mm_x}, {"y", report.measured.px_per_mm_y}}},
      {"deviation", {{"x", report.deviation_x}, {"y", report.deviation_y}}},
      {"spread", report.measured.spread},
      {"largest_face_px", {report.widest_px, report.highest_px}},
      {"disagreements", report.disagreements}};
  std::puts(json.dump().c_str());
}

void print_text(const calibration::CheckReport& report, const calibration::Profile& profile) {
  std::printf("%llu faces, %llu symbols of known size, %zu edges, spread %.2f %%\n",
              static_cast<unsigned long long>(report.faces),
              static_cast<unsigned long long>(report.symbols_used), report.measured.edges,
              100 * report.measured.spread);
  std::printf("              profile   measured  deviation\n");
  std::printf("along   x    %7.3f    %7.3f    %+6.2f %%   px/mm\n", profile.px_per_mm_x,
              report.measured.px_per_mm_x, 100 * report.deviation_x);
  std::printf("across  y    %7.3f    %7.3f    %+6.2f %%   px/mm\n", profile.px_per_mm_y,
              report.measured.px_per_mm_y, 100 * report.deviation_y);
  for (const std::string& one : report.disagreements) std::printf("disagrees: %s\n", one.c_str());
  std::printf(report.agrees() ? "the profile agrees with the faces\n"
                              : "the profile does NOT agree with the faces\n");
}

int check(const Arguments& arguments) {
  const auto profile = calibration::load_profile(arguments.profile);
  if (!profile) return programs::failed("calibrate", profile.error());
  const auto report = measure(arguments, *profile);
  if (!report) return programs::failed("calibrate", report.error());
  if (arguments.json) {
    print_json(*report);
  } else {
    print_text(*report, *profile);
  }
  return report->agrees() ? programs::kDone : programs::kFailed;
}

/// A new profile is what the faces measure; everything the faces cannot tell is an argument.
int make(const Arguments& arguments) {
  calibration::Profile profile;
  profile.camera = arguments.camera;
  profile.px_per_mm_x = profile.px_per_mm_y = 8;  // only to compare with
  profile.width_px = profile.height_px = 32768;
  const auto report = measure(arguments, profile);
  if (!report) return programs::failed("calibrate", report.error());
  profile.width_px = report->widest_px;
  profile.height_px = report->highest_px;
  profile.px_per_mm_x = report->measured.px_per_mm_x;
  profile.px_per_mm_y = report->measured.px_per_mm_y;
  profile.measured = utc_date(utc_now());
  profile.tool = "backstamp-calibrate " BACKSTAMP_VERSION;
  const std::string yaml = calibration::profile_to_yaml(profile);
  if (arguments.out.empty()) {
    std::fputs(yaml.c_str(), stdout);
    return programs::kDone;
  }
  if (auto written = write_file_durably(arguments.out, as_bytes(yaml)); !written) {
    return programs::failed("calibrate", written.error());
  }
  return programs::kDone;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "Station profiles: what a camera delivers, measured on faces whose symbols have known sizes\n"
      "(IMb pitch 25.4/22 mm, modules of the native indicium 0.5 mm).",
      "backstamp calibrate"};
  app.footer(
      "Examples:\n"
      "  backstamp calibrate make faces/ --camera \"Maker Model 4711\" --out profile.yaml\n"
      "  backstamp calibrate check profile.yaml faces/\n\n"
      "check exits with 1 when profile and faces disagree by more than 2 %.");
  app.require_subcommand(1);

  auto* check_command = app.add_subcommand("check", "Hold a profile against recorded faces");
  check_command->add_option("PROFILE", arguments.profile, "The profile (YAML)")->required();
  check_command->add_option("DATASET", arguments.dataset, "Recorded faces")->required();
  check_command->add_option("--faces", arguments.faces, "Read at most so many")
      ->capture_default_str();
  check_command->add_flag("--json", arguments.json, "One line of JSON");

  auto* make_command = app.add_subcommand("make", "Measure recorded faces and write a profile");
  make_command->add_option("DATASET", arguments.dataset, "Recorded faces")->required();
  make_command->add_option("--camera", arguments.camera, "Maker, model and serial number")
      ->required();
  make_command->add_option("--faces", arguments.faces, "Read at most so many")
      ->capture_default_str();
  make_command->add_option("--out", arguments.out, "File to write [standard output]");
  BACKSTAMP_PARSE(app, argc, argv);
  return check_command->parsed() ? check(arguments) : make(arguments);
}
