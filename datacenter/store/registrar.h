// Putting pieces on the books within a transaction that others have opened.
#pragma once

#include "datacenter/store/piece_book.h"
#include "datacenter/store/records.h"

namespace backstamp::datacenter {

/// Registers a piece, with its notice; false when it is registered already in the same words.
/// Throws SqlFailure (refused) when its code or its counter is registered otherwise.
bool register_within(Database& database, PieceBook& book, const Registration& registration,
                     UtcTime now);

}  // namespace backstamp::datacenter
