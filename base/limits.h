// Every limit on what comes from outside, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace backstamp::limits {

inline constexpr std::uint64_t kImageFileBytes = 64ull << 20;  ///< an encoded picture
inline constexpr std::uint64_t kImagePixels = 100ull << 20;    ///< width × height, decoded
inline constexpr std::uint32_t kImageSide_px = 32768;          ///< width or height
inline constexpr unsigned kFrameSlots = 1024;                  ///< camera frames in memory
inline constexpr std::uint64_t kConfigFileBytes = 1ull << 20;  ///< YAML configuration
inline constexpr std::uint64_t kKeyBundleBytes = 16ull << 20;  ///< signed key bundle
inline constexpr std::size_t kTokenBytes = 142;                ///< fits a 44×44 Data Matrix
inline constexpr std::size_t kSymbolContentBytes = 4096;       ///< content of one symbol
inline constexpr std::size_t kReadingsPerFrame = 64;           ///< codes reported on one face
inline constexpr std::size_t kEventBytes = 64u << 10;          ///< one serialized scan event
inline constexpr std::size_t kUplinkMessageBytes = 1u << 20;   ///< one message on the uplink
inline constexpr std::size_t kEventsPerMessage = 512;          ///< events in one uplink message
inline constexpr std::uint64_t kShardBytes = 1ull << 40;       ///< one shard of a dataset
inline constexpr std::uint64_t kManifestBytes = 16ull << 20;   ///< manifest of a dataset
inline constexpr std::size_t kHttpBodyBytes = 4u << 20;        ///< body of a request
inline constexpr std::size_t kHttpHeaderBytes = 16u << 10;     ///< header of a request

static_assert(kEventBytes <= kUplinkMessageBytes);
static_assert(kTokenBytes <= kSymbolContentBytes);

}  // namespace backstamp::limits
