// What a station knows against a token that it has read before (docs/duplicates.md).
#pragma once

#include <optional>
#include <vector>

#include "postal/duplicates.h"
#include "postal/event.h"
#include "station/duplicate_index.h"
#include "station/policy.h"

namespace backstamp::station {

/// The rules over the index of this station. One thread, pieces in their order. Borrows the index.
class DuplicateJudge {
 public:
  DuplicateJudge(const DuplicateIndex& index, postal::DuplicateRules rules)
      : index_(index), rules_(std::move(rules)) {}

  /// A piece was induced, read or not: times without any are standstills. Told of the journal's
  /// last piece at start, a restart is one too.
  void induced(UtcTime at);

  /// What earlier readings say of a genuine token on this face. The event has its codes, role, time
  /// and clock already.
  History look(const postal::ScanEvent& event, const postal::Token& token) const;

 private:
  const DuplicateIndex& index_;
  postal::DuplicateRules rules_;
  std::optional<UtcTime> last_;
  std::vector<postal::Standstill> standstills_;  ///< those that may still excuse, the oldest first
};

}  // namespace backstamp::station
