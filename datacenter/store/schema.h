// The tables of the data center and their version.
#pragma once

#include "datacenter/store/sqlite.h"

namespace backstamp::datacenter {

inline constexpr int kSchemaVersion = 2;

/// Makes the tables in an empty database. Throws SqlFailure{invalid} when the database is of
/// another version or of another program.
void prepare_schema(Database& database);
/// The same without making anything.
void check_schema(Database& database);
/// Settings of a writing connection: write-ahead log, every commit on stable storage.
void prepare_writer(Database& database);

}  // namespace backstamp::datacenter
