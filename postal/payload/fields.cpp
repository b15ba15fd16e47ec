// The fields of a payload as names and texts.
#include <set>
#include <utility>

#include "postal/payload.h"
#include "postal/payload/deutsche_post.h"
#include "postal/payload/four_state.h"
#include "postal/payload/text.h"
#include "postal/payload/usps.h"

namespace backstamp::postal {
namespace {

using payload::escaped;

/// Gathers fields; a text that is empty says nothing and is left out.
class Fields {
 public:
  Fields& add(std::string name, std::string_view value) {
    if (!value.empty()) fields_.push_back({std::move(name), escaped(value)});
    return *this;
  }
  Fields& add_number(std::string name, std::uint64_t value) {
    return add(std::move(name), std::to_string(value));
  }
  Fields& add_letter(std::string name, char value) {
    return add(std::move(name), std::string_view(&value, 1));
  }
  Fields& add_hex(std::string name, ByteView value) { return add(std::move(name), to_hex(value)); }
  std::vector<PayloadField> take() { return std::move(fields_); }

 private:
  std::vector<PayloadField> fields_;
};

std::string euros(std::uint16_t cents) {
  return std::to_string(cents / 100) + "." + payload::padded(cents % 100, 2);
}

struct FieldsOf {
  std::vector<PayloadField> operator()(std::monostate) const { return {}; }

  std::vector<PayloadField> operator()(const Imb& imb) const {
    const std::string service = payload::service_of(imb.service_type);
    return Fields()
        .add("barcode_identifier", imb.barcode_identifier)
        .add("service_type", imb.service_type)
        .add("service", service.empty() ? "unknown" : std::string_view(service))
        .add("mailer_id", imb.mailer_id)
        .add("serial_number", imb.serial_number)
        .add("routing", imb.routing)
        .take();
  }

  std::vector<PayloadField> operator()(const S10& code) const {
    return Fields()
        .add("service", code.service)
        .add("serial_number", code.serial)
        .add("country", code.country)
        .take();
  }

  std::vector<PayloadField> operator()(const Impb& code) const {
    return Fields()
        .add("zip", code.zip)
        .add("channel", code.channel)
        .add("service_type", code.service)
        .add("mailer_id", code.mailer)
        .add("serial_number", code.serial)
        .take();
  }

  std::vector<PayloadField> operator()(const MeterSerial& code) const {
    return Fields().add_number("meter", code.meter).add("printed", format_utc(code.printed)).take();
  }

  std::vector<PayloadField> operator()(const Token& token) const {
    Fields fields;
    fields.add_number("issuer", token.identity.issuer)
        .add_number("meter", token.identity.meter)
        .add_number("counter", token.identity.counter)
        .add("postage", token.postage.to_string())
        .add("mailed", format_date(token.mailed))
        .add_number("service", token.service)
        .add("code", canonical(token.code));
    if (token.address) fields.add_hex("address_binding", *token.address);
    return fields.take();
  }

  std::vector<PayloadField> operator()(const Mailmark& mark) const {
    return Fields()
        .add("barcode", mark.text().size() == Mailmark::kSizeC ? "C" : "L")
        .add_letter("format", mark.format)
        .add_letter("version", mark.version)
        .add_letter("class", mark.mail_class)
        .add("supply_chain", mark.supply_chain)
        .add("item", mark.item)
        .add("destination", mark.destination)
        .take();
  }

  std::vector<PayloadField> operator()(const Mailmark2d& mark) const {
    Fields fields;
    // The types differ in size and room for the customer: 7 has 6 characters, 29 has 25, 9 has 45.
    if (mark.customer_content.size() > 25) fields.add("type", "9");
    return fields.add_letter("information_type", mark.information_type)
        .add_letter("version", '1')
        .add_letter("class", mark.mail_class)
        .add("supply_chain", mark.supply_chain)
        .add("item", mark.item)
        .add("destination", mark.destination)
        .add_letter("return_service", mark.return_service)
        .add("return_postcode", mark.return_postcode)
        .add("customer_content", mark.customer_content)
        .take();
  }

  std::vector<PayloadField> operator()(const RoyalMailMark& mark) const {
    return Fields().add("content", mark.content).take();
  }

  std::vector<PayloadField> operator()(const Matrixcode& code) const {
    const std::string_view name = payload::franking_name(code.franking_kind);
    Fields fields;
    fields.add_hex("franking_kind", {&code.franking_kind, 1})
        .add("franking", name.empty() ? "unknown" : name);
    if (const auto* raw = std::get_if<Bytes>(&code.franking)) {
      return fields.add_hex("content", *raw).take();
    }
    const auto& dv = std::get<DvFranking>(code.franking);
    return fields.add_number("price_version", dv.price_version)
        .add_number("customer", dv.customer)
        .add("value", euros(dv.value_cents))
        .add("posted", format_date(dv.posted))
        .add_number("product", dv.product)
        .add_number("piece", dv.piece)
        .add_number("participation", dv.participation)
        .add_number("billing", dv.billing)
        .add_number("content_kind", dv.content_kind)
        .add_hex("customer_content", dv.customer_content)
        .take();
  }

  std::vector<PayloadField> operator()(const Ibi& ibi) const {
    return Fields()
        .add_number("version", ibi.version)
        .add_number("algorithm", ibi.algorithm)
        .add_number("certificate", ibi.certificate)
        .add("device_model", ibi.device_model)
        .add_number("device_serial", ibi.device_serial)
        .add("ascending_register", Money{static_cast<std::int64_t>(ibi.ascending)}.to_string())
        .add("postage", ibi.postage.to_string())
        .add("mailed", format_date(ibi.mailed))
        .add("licence_zip", payload::padded(ibi.licence_zip, 5))
        .add_number("destination", ibi.destination)
        .add_hex("software", ibi.software)
        .add("descending_register", Money{ibi.descending}.to_string())
        .add_hex("class", ibi.mail_class)
        .add_hex("signature", ibi.signature)
        .add_hex("vendor_content", ibi.vendor_content)
        .take();
  }

  std::vector<PayloadField> operator()(const IbiLite& ibi) const {
    return Fields()
        .add_number("version", ibi.version)
        .add_number("piece", ibi.piece)
        .add_number("vendor_model", ibi.vendor_model)
        .add_number("device_serial", ibi.device_serial)
        .add("postage", ibi.postage.to_string())
        .add_number("service", ibi.service)
        .add_hex("mac", ibi.mac)
        .take();
  }

  std::vector<PayloadField> operator()(const Gs1Elements& elements) const {
    Fields fields;
    std::set<std::string_view> seen;
    for (const auto& element : elements.elements) {
      if (seen.insert(element.identifier).second) fields.add(element.identifier, element.value);
    }
    return fields.take();
  }

  std::vector<PayloadField> operator()(const Leitcode& code) const {
    return Fields()
        .add("postcode", code.postcode)
        .add("street", code.street)
        .add("house", code.house)
        .add("product", code.product)
        .take();
  }

  std::vector<PayloadField> operator()(const Identcode& code) const {
    return Fields()
        .add("centre", code.centre)
        .add("customer", code.customer)
        .add("item", code.item)
        .take();
  }

  std::vector<PayloadField> operator()(const Postnet& code) const {
    return Fields().add("routing", code.routing).take();
  }

  std::vector<PayloadField> operator()(const Planet& code) const {
    return Fields().add("digits", code.digits).take();
  }

  std::vector<PayloadField> operator()(const Kix& kix) const {
    return Fields()
        .add("postcode", kix.postcode)
        .add("house_number", kix.number)
        .add("addition", kix.addition)
        .take();
  }

  std::vector<PayloadField> operator()(const Rm4scc& code) const {
    return Fields()
        .add("postcode", code.postcode)
        .add("delivery_point_suffix", code.delivery_point)
        .take();
  }

  std::vector<PayloadField> operator()(const AustraliaPost& code) const {
    return Fields()
        .add("format_control_code", code.format)
        .add("format", payload::australia_post_format(code.format))
        .add("delivery_point", code.delivery_point)
        .add("customer_content", code.customer)
        .take();
  }

  std::vector<PayloadField> operator()(const JapanPost& code) const {
    return Fields().add("postcode", code.postcode).add("address", code.address).take();
  }
};

}  // namespace

std::vector<PayloadField> fields_of(const Payload& payload) {
  return std::visit(FieldsOf{}, payload);
}

}  // namespace backstamp::postal
