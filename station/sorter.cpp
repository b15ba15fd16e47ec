#include "station/sorter.h"

namespace backstamp::station {
namespace {

class All final : public Sorter {
 public:
  explicit All(std::vector<Sorter*> links) : links_(std::move(links)) {}
  void decide(const SorterDecision& decision) override {
    for (Sorter* link : links_) link->decide(decision);
  }
  void state(VisionState state) override {
    for (Sorter* link : links_) link->state(state);
  }
  void alarms(std::uint32_t standing) override {
    for (Sorter* link : links_) link->alarms(standing);
  }

 private:
  std::vector<Sorter*> links_;
};

}  // namespace

std::string_view to_string(VisionState state) {
  switch (state) {
    case VisionState::preoperational:
      return "Preoperational";
    case VisionState::halted:
      return "Halted";
    case VisionState::error:
      return "Error";
    case VisionState::initialized:
      return "Initialized";
    case VisionState::ready:
      return "Ready";
    case VisionState::single_execution:
      return "SingleExecution";
    case VisionState::continuous_execution:
      return "ContinuousExecution";
  }
  return "";
}

std::string_view to_string(MachineState state) {
  switch (state) {
    case MachineState::unknown:
      return "unknown";
    case MachineState::stopped:
      return "stopped";
    case MachineState::running:
      return "running";
    case MachineState::jammed:
      return "jammed";
  }
  return "";
}

std::unique_ptr<Sorter> all_of(std::vector<Sorter*> links) {
  return std::make_unique<All>(std::move(links));
}

}  // namespace backstamp::station
