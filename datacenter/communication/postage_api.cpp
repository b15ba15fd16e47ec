#include "datacenter/communication/postage_api.h"

#include "datacenter/communication/answers.h"

namespace backstamp::datacenter {

using http::Request;
using http::Response;

void add_postage_routes(http::Server& server, Store& store, PostageDesk* desk) {
  const auto at_desk = [&store, desk](auto work) -> http::Server::Handler {
    return [&store, desk, work](const Request& request) -> Response {
      const auto meter = authorize(store, request);
      if (const auto* refused = std::get_if<Response>(&meter)) return *refused;
      if (desk == nullptr) return refusal(503, "this data center has no meter box");
      const Result<std::string> done = work(*desk, std::get<std::uint32_t>(meter), request.body);
      if (!done) return refusal(done.error());
      return success(*done);
    };
  };
  server.route("POST", "/v1/meters/*/postage",
               at_desk([](PostageDesk& at, std::uint32_t meter, const std::string& body) {
                 return at.dispense(meter, body);
               }));
  server.route("POST", "/v1/meters/*/bindings",
               at_desk([](PostageDesk& at, std::uint32_t, const std::string& body) {
                 return at.check_binding(body);
               }));
  server.route("GET", "/v1/meters/*/account",
               at_desk([](PostageDesk& at, std::uint32_t meter, const std::string&) {
                 return at.account(meter);
               }));
}

}  // namespace backstamp::datacenter
