// A group of requests on its way: changed in memory, signed, framed; then durable, or taken back.
#pragma once

#include <semaphore>
#include <vector>

#include "datacenter/meterbox/crew.h"
#include "datacenter/meterbox/keyring.h"
#include "datacenter/meterbox/record.h"

namespace backstamp::datacenter::meterbox {

/// A request that waits for its answer. Lives on the asking thread.
struct Job {
  const Request* request = nullptr;
  Bytes new_key;
  Answer answer;
  std::binary_semaphore done{0};
};

/// A job whose change is made in memory only.
struct Draft {
  Job* job = nullptr;
  UtcTime at{};
  std::uint64_t version = 0;
  Sha256 before{};
  Plan plan;
  Undo undo;
  Done done;
  std::optional<Error> fault;  ///< why it could not be signed
};

/// Mints and signs what the drafts' plans want. What went wrong stands in each draft's `fault`.
void sign_drafts(std::vector<Draft>& drafts, Keyring& keys, const Settings& settings, Crew& crew);

/// Chains and seals the drafts as records after `chain`, which moves on. Fails: unavailable.
Result<std::vector<Bytes>> frame_drafts(std::vector<Draft>& drafts, Keyring& keys, Sha256& chain);

}  // namespace backstamp::datacenter::meterbox
