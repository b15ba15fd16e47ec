// How much of what a camera sends the kernel keeps while we are busy.
#pragma once

#include <cstdint>
#include <optional>

namespace backstamp::station::capture {

/// Asks for `bytes` for the UDP socket of this process that is bound to `port`, with more force if
/// we are allowed to. What there is then, by the kernel's word; none when there is no such socket.
/// aravis has an option for it, which it heeds only when the first frame is under way: too late for
/// that frame.
std::optional<std::uint64_t> size_receive_buffer(std::uint16_t port, std::uint64_t bytes);

}  // namespace backstamp::station::capture
