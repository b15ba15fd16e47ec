// Messages over a local socket that keeps their borders (AF_UNIX, SOCK_SEQPACKET).
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/bytes.h"
#include "base/file.h"

namespace backstamp::datacenter::meterbox {

/// A socket that listens at `path`, in the place of one that was left there. Mode 0666: who may
/// speak is asked of the kernel for each connection. Fails: refused (another listens), io, limit.
Result<UniqueFd> listen_at(const std::filesystem::path& path);
/// Fails: unavailable (nobody listens), refused (no permission).
Result<UniqueFd> connect_to(const std::filesystem::path& path);
/// The next connection, or none when `wake` became readable. Fails: io.
Result<std::optional<UniqueFd>> accept_from(int listener, int wake);
/// The user at the other end, as the kernel says.
Result<std::uint32_t> peer_user(int fd);

/// Fails: unavailable (the other side has gone), timeout, limit, io.
Result<void> send_message(int fd, ByteView message, std::chrono::milliseconds timeout);
/// The next message; none when the other side has gone or `wake` (unless -1) became readable.
/// Fails: limit (longer than kMessageBytes), timeout, io.
Result<std::optional<Bytes>> receive_message(int fd, int wake,
                                             std::optional<std::chrono::milliseconds> timeout);

}  // namespace backstamp::datacenter::meterbox
