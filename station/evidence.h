// Pictures kept for people and for replay: written aside, never in the way of the line. What is
// kept are datasets (docs/formats/evidence.md), so that a lane's no-reads replay as they are.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/alarm.h"
#include "base/error.h"
#include "base/yaml.h"
#include "postal/event.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::station {

/// Why a picture is kept; each class has a folder and a quota of its own. A piece is kept once, by
/// the first class in this order that wants it.
enum class EvidenceClass : std::uint8_t {
  crash,    ///< a decoder died on it: a seed for the fuzzers
  no_read,  ///< nothing on it was read
  suspect,  ///< diverted, as its indicium is not what it should be
  meter,    ///< of a meter that is looked at
  sample,   ///< every n-th piece, whatever became of it
};
inline constexpr std::size_t kEvidenceClasses = 5;
std::string_view to_string(EvidenceClass kind);  ///< "crash", "no-read", …: also its folder

/// What is made unreadable before anything is written. Crashes are always kept whole.
enum class Redaction : std::uint8_t {
  codes_only,  ///< all but the codes and what was located as one (with a margin)
  none,        ///< nothing: whole faces, with names and addresses
};

struct EvidenceConfig {
  std::filesystem::path directory;
  Redaction redaction = Redaction::codes_only;
  double margin_mm = 2.5;  ///< shown around what is left; quiet zones, and what reading measures
  bool crashes = true;
  bool no_reads = true;
  bool suspects = true;
  std::uint32_t sample_each = 0;  ///< the pieces whose number it divides; 0: none
  std::vector<std::pair<std::uint32_t, std::uint32_t>> meters;  ///< issuer, meter: all of theirs
  /// By class, in bytes: past it the oldest of the class goes.
  std::array<std::uint64_t, kEvidenceClasses> quotas{256ull << 20, 1ull << 30, 512ull << 20,
                                                     512ull << 20, 256ull << 20};
  std::chrono::hours keep{30 * 24};       ///< what is older goes
  std::uint64_t free_bytes = 1ull << 30;  ///< the file system keeps so much free: events come first
  /// Of the station's profile; 0: not known, then a millimetre is taken for 8 pixels.
  double px_per_mm = 0;
};

/// Reads the section `evidence` of a station's configuration; faults are noted in its document.
EvidenceConfig read_evidence(yaml::Section section);

/// The class by which a piece's pictures are kept, if any. Pure: the same event, the same answer.
std::optional<EvidenceClass> evidence_class(const EvidenceConfig& config,
                                            const postal::ScanEvent& event);

/// One picture of a piece as the lane hands it over.
struct EvidenceFrame {
  vision::Frame frame;          ///< moved in; redacted where it lies, then it goes back to its ring
  std::string camera;           ///< empty where there is but one without a name
  vision::FaceReading reading;  ///< outlines of what was read and what was not, rungs
};

/// Thread-safe. Two threads of its own, of low priority: one makes frames into files in memory and
/// gives them back, one writes. When the disk or the processor is slower than the line, pictures
/// are left out and counted; events never are. Raises `disk-low` while the file system has less
/// free than it should, and `evidence-failed` while nothing can be written.
class Evidence {
 public:
  /// Makes the folder, finds what is there, and puts in order what a crash left. Fails: refused
  /// (another station has the folder, or it may not be written), io, unavailable.
  static Result<Evidence> open(EvidenceConfig config, std::string station, AlarmSink alarms);

  /// As evidence_class() with its configuration.
  std::optional<EvidenceClass> wants(const postal::ScanEvent& event) const;
  /// Queues the pictures of a piece that is wanted; never waits. A piece without any picture leaves
  /// nothing but its event.
  void keep(const postal::ScanEvent& event, std::vector<EvidenceFrame> frames);
  /// Waits until a piece of a few frames would find room, a second at most: for recordings that are
  /// replayed as fast as they are read, and that can wait.
  void wait_for_room() const;
  /// At most so many frames wait or are being made into files at a time: a frame ring must have
  /// slots for them. None is held while the disk is waited for.
  static constexpr std::size_t kQueueLimit = 16;

  struct Counters {
    std::uint64_t kept = 0;      ///< pieces
    std::uint64_t left_out = 0;  ///< pieces: a queue full, too little space, the disk refused
    std::uint64_t removed = 0;   ///< pictures: for the quota, their age, or the disk's space
    std::uint64_t bytes = 0;     ///< on disk now
    std::array<std::uint64_t, kEvidenceClasses> kept_by{};   ///< pieces, by class
    std::array<std::uint64_t, kEvidenceClasses> bytes_by{};  ///< on disk now, by class
  };
  Counters counters() const;
  /// Waits until what is queued is written, then says what became of all pictures.
  Counters settle();

  Evidence(Evidence&&) noexcept;
  Evidence& operator=(Evidence&&) noexcept;
  ~Evidence();  ///< writes what is queued

 private:
  struct Impl;
  explicit Evidence(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::station
