// The part of the HTTPS API that dispenses postage (docs/formats/meter-api.md).
#pragma once

#include "base/http.h"
#include "datacenter/functions/postage_desk.h"

namespace backstamp::datacenter {

/// Adds the routes to a server that has not started; without a desk they are answered with 503.
/// `store` and `desk` must outlive it.
void add_postage_routes(http::Server& server, Store& store, PostageDesk* desk);

}  // namespace backstamp::datacenter
