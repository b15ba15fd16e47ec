// What can go wrong with a machine, a file or a peer, as a value.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace backstamp {

/// What kind of failure it was; callers branch on this, people read the message.
enum class ErrorKind {
  invalid,      ///< the bytes or the text do not follow their grammar
  not_found,    ///< the file, the key or the record is not there
  limit,        ///< larger, longer or more than a stated limit
  io,           ///< the operating system refused or failed
  refused,      ///< a peer or a rule said no (permission, signature, policy)
  unavailable,  ///< not now: no connection, no answer, no space; trying again may help
  timeout,      ///< it did not happen in time
  internal,     ///< a library failed in a way that it should not
};

/// The name of a kind as it stands in messages and JSON, for example "not_found".
std::string_view to_string(ErrorKind kind);

/// A failure: a kind to branch on and one sentence to read, which names the file or peer, what
/// was wrong and, where there is one, the remedy.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
};

/// A value, or why there is none. Unread, forged or duplicate mail is a value, not an Error.
template <typename T>
using Result = std::expected<T, Error>;

/// Shorthand: `return fail(ErrorKind::limit, "faces.tar: 5 GB is over the limit of 4 GB");`
inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected<Error>(Error{kind, std::move(message)});
}

/// The same failure with its context in front: "while doing this: message".
inline std::unexpected<Error> fail(std::string_view context, const Error& error) {
  return std::unexpected<Error>(Error{error.kind, std::string(context) + ": " + error.message});
}

}  // namespace backstamp
