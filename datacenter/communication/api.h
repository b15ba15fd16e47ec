// The HTTPS API for meters (docs/formats/meter-api.md).
#pragma once

#include "base/http.h"
#include "datacenter/store/store.h"

namespace backstamp::datacenter {

/// Adds the routes of the API to a server that has not started. `store` must outlive it.
void add_api_routes(http::Server& server, Store& store);

}  // namespace backstamp::datacenter
