// What a process tells systemd (sd_notify(3)), and what of it: no library, one datagram a message.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace backstamp::service {

/// To the manager that started this process (NOTIFY_SOCKET, a path or an abstract "@name"); nothing
/// happens without one, and a manager that does not read is waited for by a second at most. Any
/// thread. Texts become one line.
void ready(std::string_view status);  ///< READY=1
void reloading();                     ///< RELOADING=1 with MONOTONIC_USEC; ready() ends it
void stopping();                      ///< STOPPING=1
void status(std::string_view text);   ///< STATUS=, one line for people
void watchdog();                      ///< WATCHDOG=1
/// How often the manager wants to hear watchdog() (half of WATCHDOG_USEC, when it is meant for this
/// process); none when it does not.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace backstamp::service
