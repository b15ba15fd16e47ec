#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/limits.h"
#include "calibration/profile.h"
#include "postal/key_bundle.h"
#include "programs/doctor/checks.h"
#include "programs/doctor/files.h"
#include "programs/doctor/machine.h"
#include "programs/doctor/network.h"
#include "station/camera.h"

namespace backstamp::doctor {
namespace {

namespace fs = std::filesystem;
using station::CameraConfig;
using station::CameraKind;

bool is_seen(const CameraConfig& camera, const std::vector<station::CameraSeen>& seen) {
  return std::any_of(seen.begin(), seen.end(), [&](const station::CameraSeen& one) {
    return camera.address == one.id || camera.address == one.serial ||
           camera.address == one.address;
  });
}

std::string list_of(const std::vector<station::CameraSeen>& seen) {
  std::string all;
  for (const station::CameraSeen& one : seen) {
    all += (all.empty() ? "" : ", ") + one.id + " (" + one.address + ")";
  }
  return all.empty() ? "no camera answers" : "these answer: " + all;
}

void check_camera(Findings& findings, const std::string& name, const CameraConfig& camera,
                  const std::vector<station::CameraSeen>& seen) {
  std::error_code error;
  switch (camera.kind) {
    case CameraKind::folder:
      if (fs::is_directory(camera.folder, error)) {
        return findings.ok("camera", name, camera.folder.string() + " is there");
      }
      return findings.fault("camera", name, camera.folder.string() + " is no folder",
                            "make it, or name the folder that pictures come into");
    case CameraKind::video:
      if (!camera.address.starts_with("/") || fs::exists(camera.address, error)) {
        return findings.ok("camera", name, camera.address + " (not opened)");
      }
      return findings.fault("camera", name, camera.address + " is not there",
                            "plug it in, and look at the rights of the device");
    case CameraKind::gige:
      check_mtu(findings, name, camera.address, camera.packet_bytes);
      [[fallthrough]];
    case CameraKind::usb3:
      if (is_seen(camera, seen)) return findings.ok("camera", name, camera.address + " answers");
      findings.fault("camera", name, camera.address + " does not answer; " + list_of(seen),
                     "power, cable, network card in the camera's network, firewall (UDP 3956); or "
                     "name the right address");
  }
}

void check_cameras(Findings& findings, const station::LiveConfig& live) {
  std::vector<station::CameraSeen> seen;
  bool asked = false;
  bool gige = false;
  for (const station::LaneConfig& lane : live.lanes) {
    for (const CameraConfig& camera : lane.cameras) {
      const bool by_aravis = camera.kind == CameraKind::gige || camera.kind == CameraKind::usb3;
      if (by_aravis && !std::exchange(asked, true)) seen = station::find_cameras();
      gige = gige || camera.kind == CameraKind::gige;
      check_camera(findings, lane.name + "/" + camera.name, camera, seen);
    }
  }
  if (gige) check_socket_buffers(findings);
}

void check_sorter(Findings& findings, const station::LiveConfig& live, int ours) {
  if (const auto& telegram = live.sorter.telegram) {
    check_port(findings, "sorter telegram", telegram->address, telegram->port, ours);
  }
  if (const auto& modbus = live.sorter.modbus) {
    check_port(findings, "sorter modbus", modbus->address, modbus->port, ours);
  }
  std::error_code error;
  for (const station::DiscreteConfig& lines : live.sorter.discrete) {
    if (fs::exists(lines.chip, error)) {
      findings.ok("sorter-lines", lines.chip, "is there");
    } else {
      findings.fault("sorter-lines", lines.chip, "is not there",
                     "name the GPIO device, and give it to the service (DeviceAllow=)");
    }
  }
  const auto& sorter = live.sorter;
  if (!sorter.telegram && !sorter.modbus && sorter.discrete.empty()) {
    findings.warning("sorter", "", "no link to a sorting machine is configured",
                     "a section `sorter`; without it nobody hears of the decisions");
  }
}

void check_profile(Findings& findings, const std::optional<fs::path>& path) {
  if (!path) return;
  const auto profile = calibration::load_profile(*path);
  if (profile)
    return findings.ok("profile", path->string(), "measured " + format_date(profile->measured));
  findings.fault("profile", path->string(), profile.error().message,
                 "backstamp calibrate makes it from pictures of the target");
}

/// The journal's folder: space, speed, and who has it. The process that runs on it; 0: none.
int check_journal(Findings& findings, const fs::path& journal) {
  check_space(findings, journal);
  if (check_folder(findings, "journal", journal)) check_sync(findings, journal);
  const auto holder = lock_holder(journal / "lock");
  if (!holder) return 0;
  findings.warning("journal-lock", journal.string(),
                   describe_process(*holder) + " works with it already",
                   "fine when that is this station's service; else stop it, or give this station "
                   "a journal of its own");
  return *holder;
}

void check_source(Findings& findings, const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) return findings.ok("source", path.string(), "is there");
  findings.fault("source", path.string(), "is not there",
                 "name a dataset, a tar or a folder of pictures");
}

}  // namespace

void check_keys(Findings& findings, const fs::path& bundle, const fs::path& root,
                std::chrono::microseconds stale_after) {
  const auto key = postal::load_public_key(root);
  if (!key) {
    return findings.fault("root", root.string(), key.error().message,
                          "install the root's public key: backstamp station enrol --letter FILE");
  }
  findings.ok("root", root.string(), "key " + to_hex(postal::public_key_id(*key)));
  const auto file = read_file(bundle, limits::kKeyBundleBytes);
  const auto opened = file ? postal::open_bundle(*file, *key) : std::unexpected(file.error());
  if (!opened) {
    return findings.fault("keys", bundle.string(), opened.error().message,
                          "take bundle and root from the same place: a new letter of enrolment "
                          "brings both");
  }
  const auto age = std::chrono::duration_cast<std::chrono::hours>(utc_now() - opened->issued_at());
  const std::string found = "bundle " + std::to_string(opened->sequence()) + ", issued " +
                            std::to_string(age.count()) + " h ago, " +
                            std::to_string(opened->lists.size()) + " issuers";
  if (age.count() < -1) {
    return findings.warning("keys", bundle.string(), found + ": in the future of this clock",
                            "set the clock right");
  }
  if (stale_after.count() > 0 && age > stale_after) {
    return findings.warning("keys", bundle.string(), found,
                            "stale unless the data center confirms it: connect it, or install a "
                            "newer one");
  }
  findings.ok("keys", bundle.string(), found);
}

void check_station(Findings& findings, const station::StationConfig& config) {
  const int running = check_journal(findings, config.journal.directory);
  check_keys(findings, config.keys.bundle, config.keys.root, config.keys.stale_after);
  const fs::path newest = config.journal.directory / "keys.bundle";
  std::error_code error;
  if (fs::exists(newest, error)) {
    check_keys(findings, newest, config.keys.root, config.keys.stale_after);
  }
  if (config.uplink) check_secret(findings, config.uplink->station_key);
  check_uplink(findings, config, running != 0);
  check_profile(findings, config.profile);
  if (config.evidence) check_folder(findings, "evidence", config.evidence->directory);
  if (config.live) {
    check_cameras(findings, *config.live);
    check_sorter(findings, *config.live, running);
    check_realtime(findings, *config.live);
  } else {
    check_source(findings, config.source.path);
  }
  if (config.monitoring) {
    check_port(findings, "monitoring", config.monitoring->address, config.monitoring->port,
               running);
  }
  check_workers(findings);
  check_governor(findings);
  check_clock(findings);
  check_time_zones(findings);
}

}  // namespace backstamp::doctor
