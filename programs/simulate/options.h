// What a user may ask of a simulated line.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace backstamp::simulate {

/// Every n-th piece does this to the worker that reads it; 0: none does.
struct WorkerFaults {
  std::uint32_t crash = 0;
  std::uint32_t hang = 0;
  std::uint32_t bloat = 0;

  bool any() const { return crash + hang + bloat > 0; }
};

/// How often each fault happens in a run, over all lanes.
struct LineFaults {
  std::uint32_t jams = 0;
  std::uint32_t doubles = 0;        ///< two pieces at once
  std::uint32_t missing = 0;        ///< triggers that the machine does not send
  std::uint32_t speed_changes = 0;  ///< the belt goes slower or faster for some seconds
  std::uint32_t unplugs = 0;        ///< a camera is away for some seconds
  std::uint32_t damaged = 0;        ///< pictures of which a part did not arrive
  std::uint32_t frozen = 0;         ///< pictures that are the one before
  std::uint32_t wrong_size = 0;     ///< pictures of another size
  std::uint32_t plc_cuts = 0;       ///< the link to the machine breaks
  std::uint32_t plc_silences = 0;   ///< the link stands, and nothing comes over it
  std::uint32_t plc_nonsense = 0;   ///< bytes that are no telegram

  bool link() const { return plc_cuts + plc_silences + plc_nonsense > 0; }
  bool pictures() const { return unplugs + damaged + frozen + wrong_size > 0; }
};

enum class CameraForm {
  memory,  ///< pictures are put into the frame ring, as a camera's DMA does
  gige,    ///< fake GigE Vision cameras on the loopback, with all that a real one passes through
};

struct Options {
  // mail
  std::filesystem::path mail;  ///< recorded; empty: synthesized
  std::uint32_t faces = 300;
  std::string mix = "postal";
  std::uint64_t seed = 1;
  // line
  unsigned lanes = 4;
  unsigned cameras_per_lane = 1;
  CameraForm cameras = CameraForm::memory;
  std::uint32_t rate = 60'000;  ///< pieces an hour and lane
  double seconds = 60;
  std::uint32_t deadline_ms = 250;
  std::uint32_t window_ms =
      0;  ///< a picture may be so far from its time; 0: up to 60, as the deadline allows
  std::uint32_t effort = 0;  ///< work for one face; 0: as a station has it by default
  unsigned workers = 0;      ///< 0: one a core
  LineFaults faults;
  WorkerFaults worker_faults;
  std::filesystem::path decode_worker;  ///< instead of backstamp-decode-worker
  // what is run
  bool unpaced = false;     ///< only without pacing
  bool no_unpaced = false;  ///< not after a paced run
  double unpaced_seconds = 15;
  bool json = false;
  std::filesystem::path keep;  ///< the station's folder, kept; empty: a temporary one
};

}  // namespace backstamp::simulate
