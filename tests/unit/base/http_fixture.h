// A server on loopback with a certificate of its own, for the tests of HTTP.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>

#include "base/certificate.h"
#include "base/http.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::test {

/// A certificate for this machine, made once for all tests.
inline const std::filesystem::path& certificate_folder() {
  static const TemporaryFolder folder;
  static const bool made = [] {
    const auto done = make_server_certificate(folder.path(), {"localhost", "127.0.0.1"}, 30);
    REQUIRE(done.has_value());
    return true;
  }();
  REQUIRE(made);
  return folder.path();
}

inline http::ServerOptions server_options() {
  http::ServerOptions options;
  options.certificate = certificate_folder() / "server.pem";
  options.private_key = certificate_folder() / "server.key";
  return options;
}

inline http::ClientOptions client_options(std::uint16_t port) {
  http::ClientOptions options;
  options.base_url = "https://127.0.0.1:" + std::to_string(port);
  options.authority = certificate_folder() / "authority.pem";
  return options;
}

/// What the client says about a server on this port, in one word or a status.
inline std::string outcome(const Result<http::Response>& result) {
  if (!result) return std::string(to_string(result.error().kind));
  return std::to_string(result->status);
}

}  // namespace backstamp::test
