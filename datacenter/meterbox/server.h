// The box's end of the socket.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "datacenter/meterbox/box.h"

namespace backstamp::datacenter::meterbox {

inline constexpr std::size_t kConnections = 128;  ///< at once; one more is turned away

/// Serves a box to the users named, and to nobody else; root is none of them unless named. The
/// first message of a connection must be Hello. Ends with its destruction.
class Server {
 public:
  /// The box must outlive the server. Fails: as listen_at().
  static Result<std::unique_ptr<Server>> start(Box& box, const std::filesystem::path& socket,
                                               std::vector<std::uint32_t> users, Log log);
  virtual ~Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 protected:
  Server() = default;
};

}  // namespace backstamp::datacenter::meterbox
