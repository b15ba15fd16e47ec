// Payloads as the contents that they were parsed from.
#include "postal/payload.h"
#include "postal/payload/deutsche_post.h"
#include "postal/payload/four_state.h"
#include "postal/payload/gs1.h"
#include "postal/payload/royal_mail.h"
#include "postal/payload/usps.h"

namespace backstamp::postal {
namespace {

using Printed = std::optional<Bytes>;

Printed printed(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

struct Print {
  Printed operator()(std::monostate) const { return std::nullopt; }
  Printed operator()(const Token&) const { return std::nullopt; }
  Printed operator()(const Imb& code) const { return printed(code.digits()); }
  Printed operator()(const S10& code) const { return printed(code.to_string()); }
  Printed operator()(const Impb& code) const { return printed(code.element_string()); }
  Printed operator()(const MeterSerial& code) const { return printed(code.to_string()); }
  Printed operator()(const Mailmark& mark) const { return printed(mark.text()); }
  Printed operator()(const Mailmark2d& mark) const { return printed(payload::print(mark)); }
  Printed operator()(const RoyalMailMark& mark) const { return printed(mark.content); }
  Printed operator()(const Matrixcode& code) const { return payload::print(code); }
  Printed operator()(const Ibi& ibi) const { return payload::print(ibi); }
  Printed operator()(const IbiLite& ibi) const { return payload::print(ibi); }
  Printed operator()(const Gs1Elements& elements) const {
    return printed(payload::print(elements));
  }
  Printed operator()(const Leitcode& code) const { return printed(payload::print(code)); }
  Printed operator()(const Identcode& code) const { return printed(payload::print(code)); }
  Printed operator()(const Postnet& code) const { return printed(code.routing); }
  Printed operator()(const Planet& code) const { return printed(code.digits); }
  Printed operator()(const Kix& kix) const { return printed(kix.text()); }
  Printed operator()(const Rm4scc& code) const {
    return printed(code.postcode + code.delivery_point);
  }
  Printed operator()(const AustraliaPost& code) const { return printed(code.text()); }
  Printed operator()(const JapanPost& code) const { return printed(code.postcode + code.address); }
};

}  // namespace

std::optional<Bytes> print_payload(const Payload& payload) {
  return std::visit(Print{}, payload);
}

}  // namespace backstamp::postal
