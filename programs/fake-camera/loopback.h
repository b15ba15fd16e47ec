// Several cameras on one machine: their control port is the same for all, so each needs an address
// of its own, and 127.0.0.0/8 has enough of them.
#pragma once

#include <string>

namespace backstamp::fake_camera {

/// From now on the loopback interface of this process has `address`, if it is one of 127/8 (each of
/// which reaches this machine without being set up). aravis takes an address only from the list of
/// interfaces, in which there is but 127.0.0.1.
void listen_on(const std::string& address);

/// Whether the control port of a GigE camera, 3956, can be had at `address`. aravis does not always
/// say when it cannot.
bool port_is_free(const std::string& address);

}  // namespace backstamp::fake_camera
