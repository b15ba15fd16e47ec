// The API's JSON: strict in, plain out (docs/formats/meter-api.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "datacenter/store/records.h"

namespace backstamp::datacenter {

inline constexpr std::size_t kCodesPerRequest = 1000;
inline constexpr std::size_t kPiecesPerPage = 1000;

/// The body of POST …/codes. Strict: valid JSON in UTF-8, every key known, present and single,
/// every value in range, each code in its canonical form and of `meter`. Fails: invalid, limit
/// (more than kCodesPerRequest), naming the entry.
Result<std::vector<Registration>> parse_codes(std::string_view body, std::uint32_t meter);

std::string error_json(std::string_view message);
std::string registered_json(const Registered& counts);
std::string sync_json(std::uint32_t meter, const KnownRegisters& known, UtcTime now);
std::string pieces_json(const std::vector<PieceRecord>& pieces, std::size_t limit);
std::string piece_json(const PieceRecord& piece, const std::vector<NoticeRecord>& history,
                       const std::vector<SuspectRecord>& suspects);
std::string totals_json(std::uint32_t meter, const std::vector<NamedCount>& totals);
std::string notice_json(const NoticeRecord& notice);

}  // namespace backstamp::datacenter
