// What the files that know aravis share: its objects with an owner, its errors as ours.
#pragma once

#include <arv.h>

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"

namespace backstamp::station::capture {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <typename T>
using Object = std::unique_ptr<T, Unref>;

/// Text of a stranger, for messages.
inline std::string printable(const char* text) {
  constexpr std::size_t kLongest = 64;
  std::string out;
  for (; text != nullptr && *text != '\0' && out.size() < kLongest; ++text) {
    out += *text >= ' ' && *text <= '~' ? *text : '?';
  }
  return out;
}

/// Collects what one call of aravis failed at.
class Trial {
 public:
  Trial() = default;
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() { g_clear_error(&error_); }
  GError** slot() { return &error_; }
  bool failed() const { return error_ != nullptr; }
  /// A camera that does not answer is unavailable; one that says no is refused.
  std::unexpected<Error> error(const std::string& what) const {
    const bool gone =
        error_->domain == ARV_DEVICE_ERROR && (error_->code == ARV_DEVICE_ERROR_TIMEOUT ||
                                               error_->code == ARV_DEVICE_ERROR_NOT_CONNECTED ||
                                               error_->code == ARV_DEVICE_ERROR_TRANSFER_ERROR ||
                                               error_->code == ARV_DEVICE_ERROR_NOT_FOUND ||
                                               error_->code == ARV_DEVICE_ERROR_NOT_CONTROLLER);
    return fail(gone ? ErrorKind::unavailable : ErrorKind::refused,
                what + ": " + printable(error_->message));
  }

 private:
  GError* error_ = nullptr;
};

/// A feature by the type that the camera's own description gives it. Fail: refused (there is none,
/// or the camera does not take the value), unavailable (it does not answer).
Result<void> set_aravis_feature(ArvDevice* device, const std::string& name,
                                const std::string& value);
Result<std::optional<std::string>> aravis_feature(ArvDevice* device, const std::string& name);

}  // namespace backstamp::station::capture
