// Cameras as processes of their own on the loopback: a picture passes through everything that one
// from a real GigE Vision camera does.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/process.h"
#include "programs/simulate/stage.h"
#include "station/config.h"

namespace backstamp::simulate {

/// The largest picture that such a camera sends.
inline constexpr int kGigeSide_px = 2048;

/// All faces cut or filled up to one size, as a real camera has one.
void make_one_size(Mail& mail);

/// The address at which the camera of a lane answers. Two simulations have different ones.
std::string gige_address(std::size_t lane, std::size_t camera);

/// A station's cameras of this form. They tell no encoder count, so that pieces are told apart by
/// time.
void use_gige(station::StationConfig& config, const Mail& mail, std::uint32_t pieces_per_hour);

/// One camera process and the thread that triggers it as the belt goes.
class GigeCamera {
 public:
  /// Starts it and waits until it answers. `pictures` holds the faces, in their order. Fails: io,
  /// and unavailable (it does not answer).
  static Result<std::unique_ptr<GigeCamera>> start(Stage& stage, std::size_t lane,
                                                   std::size_t camera,
                                                   const std::filesystem::path& pictures);
  ~GigeCamera();

 private:
  GigeCamera(Stage& stage, std::size_t lane, std::size_t camera) noexcept
      : stage_(stage), lane_(lane), camera_(camera) {}
  Result<void> open(const std::filesystem::path& pictures);
  void run(const std::stop_token& stop);

  Stage& stage_;
  const std::size_t lane_;
  const std::size_t camera_;
  int triggers_ = -1;
  ChildProcess process_;
  std::jthread thread_;
};

/// Writes the faces one behind the other, for GigeCamera. Fails (io).
Result<void> write_pictures(const Mail& mail, const std::filesystem::path& path);

}  // namespace backstamp::simulate
