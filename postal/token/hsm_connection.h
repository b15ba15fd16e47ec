// A token that one is logged in to: sessions, and the handles of what lies in it, found once.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "postal/hsm.h"
#include "postal/token/hsm_module.h"

namespace backstamp::postal {

/// What an operation works with while it runs.
struct HsmSession {
  const CK_FUNCTION_LIST& calls;
  CK_SESSION_HANDLE session;
  std::uint64_t link;  ///< which connection: handles of another one are void
};

/// Thread-safe.
class HsmConnection {
 public:
  static Result<std::shared_ptr<HsmConnection>> open(const HsmConfig& config);
  ~HsmConnection();
  HsmConnection(const HsmConnection&) = delete;
  HsmConnection& operator=(const HsmConnection&) = delete;

  /// Runs `operation(HsmSession) -> CK_RV` in a session of its own, connecting first when the
  /// connection is gone. An operation is not tried twice.
  template <typename Operation>
  Result<void> run(const char* what, Operation&& operation) {
    auto lease = take();
    if (!lease) return std::unexpected(lease.error());
    const CK_RV answer = operation(HsmSession{module_->calls(), lease->session, lease->link});
    return give_back(std::move(*lease), what, answer);
  }

  /// The handles of a class and label, within run(). Fast: from what was found at connecting.
  std::vector<CK_OBJECT_HANDLE> find(CK_OBJECT_CLASS object_class, const std::string& label);
  void remember(CK_OBJECT_CLASS object_class, const std::string& label, CK_OBJECT_HANDLE handle);
  void forget(CK_OBJECT_CLASS object_class, const std::string& label, CK_OBJECT_HANDLE handle);
  /// Asks the token anew for what another process may have made.
  CK_RV look_again(const HsmSession& in);

  CK_SLOT_ID slot() const { return slot_; }

 private:
  struct Lease {
    std::shared_lock<std::shared_mutex> shared;
    CK_SESSION_HANDLE session = 0;
    std::uint64_t link = 0;
  };

  HsmConnection(HsmConfig config, std::shared_ptr<HsmModule> module)
      : config_(std::move(config)), module_(std::move(module)) {}
  using Objects = std::multimap<std::pair<CK_OBJECT_CLASS, std::string>, CK_OBJECT_HANDLE>;
  static CK_RV list_objects(const HsmSession& in, Objects& objects);
  Result<Lease> take();
  Result<void> give_back(Lease lease, const char* what, CK_RV answer);
  Result<void> reconnect();
  Result<void> log_in();
  bool usable() const { return link_ != 0 && epoch_ == module_->epoch(); }

  const HsmConfig config_;
  const std::shared_ptr<HsmModule> module_;
  bool pin_refused_ = false;  ///< these under the module's mutex held exclusively
  CK_SLOT_ID slot_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t last_link_ = 0;

  std::mutex mutex_;                    ///< these
  std::atomic<std::uint64_t> link_{0};  ///< 0: not connected
  std::vector<CK_SESSION_HANDLE> idle_;
  Objects objects_;
};

/// The slot whose token has this label. Fails: not_found, unavailable.
Result<CK_SLOT_ID> find_slot(const CK_FUNCTION_LIST& calls, const std::string& label);
/// The PIN in a file. Fails: not_found, refused (others may read it), invalid.
Result<std::string> read_pin(const std::filesystem::path& path);
/// Overwrites what must not stay in memory.
void cleanse(std::string& secret);

}  // namespace backstamp::postal
