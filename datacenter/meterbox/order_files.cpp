// Orders as persons write, approve and bring them.
#include <nlohmann/json.hpp>

#include "datacenter/meterbox.h"
#include "datacenter/meterbox/client.h"
#include "datacenter/meterbox/order.h"

namespace backstamp::datacenter {

using namespace meterbox;

namespace {

using Json = nlohmann::ordered_json;

Result<Action> action_of(const MeterBoxOrder& order) {
  if (order.what == "fund-limit") return SetFundLimit{order.meter, order.limit};
  if (order.what == "open-limit") return SetOpenLimit{order.limit};
  if (order.what == "renew-issuer-key") return RenewIssuerKey{};
  if (order.what == "recover") {
    return Recover{{order.version, order.chain}, order.last, order.records};
  }
  if (order.what == "hand-over") return HandOver{order.successor};
  if (order.what == "take-over") {
    return TakeOver{sha256(order.document), order.transaction_key};
  }
  if (order.what != "add-person" && order.what != "remove-person") {
    return fail(ErrorKind::invalid, "order: nothing is known by the name " + order.what);
  }
  auto key = postal::load_public_key(order.person.public_key);
  if (!key) return std::unexpected(key.error());
  if (order.what == "remove-person") return RemovePerson{postal::public_key_id(*key)};
  const auto role = parse_role(order.person.role);
  if (!role) return std::unexpected(role.error());
  if (order.person.name.empty() || order.person.name.size() > 64) {
    return fail(ErrorKind::invalid, "order: a person's name has 1 to 64 bytes");
  }
  return AddPerson{{order.person.name, *role, *std::move(key)}};
}

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

void describe(Json& json, const Action& action) {
  std::visit(Overloaded{[&](const SetFundLimit& of) {
                          json["what"] = "fund-limit";
                          json["meter"] = of.meter;
                          json["limit"] = of.limit.to_string();
                        },
                        [&](const SetOpenLimit& of) {
                          json["what"] = "open-limit";
                          json["limit"] = of.limit.to_string();
                        },
                        [&](const AddPerson& of) {
                          json["what"] = "add-person";
                          json["name"] = of.person.name;
                          json["role"] = to_string(of.person.role);
                          json["key"] = to_hex(postal::public_key_id(of.person.public_key));
                        },
                        [&](const RemovePerson& of) {
                          json["what"] = "remove-person";
                          json["key"] = to_hex(of.key);
                        },
                        [&](const RenewIssuerKey&) { json["what"] = "renew-issuer-key"; },
                        [&](const HandOver& of) {
                          json["what"] = "hand-over";
                          json["successor"] = to_hex(of.successor);
                        },
                        [&](const TakeOver& of) {
                          json["what"] = "take-over";
                          json["document"] = to_hex(of.document);
                          json["transaction_key"] = to_base64(of.transaction_key);
                        },
                        [&](const Recover& of) {
                          json["what"] = "recover";
                          json["version"] = of.anchor.version;
                          json["chain"] = to_hex(of.anchor.chain);
                          json["records"] = of.records.size();
                          json["last"] = of.last;
                        }},
             action);
}

}  // namespace

Result<Bytes> write_meter_box_order(const MeterBoxOrder& order, const postal::SigningKey& key) {
  auto action = action_of(order);
  if (!action) return std::unexpected(action.error());
  return sign_order({order.box, order.sequence, utc_now() + order.valid_for, *std::move(action)},
                    key);
}

Result<Bytes> approve_meter_box_order(ByteView file, const postal::SigningKey& key) {
  return approve_order(file, key);
}

Result<std::string> describe_meter_box_order(ByteView file) {
  const auto inspected = inspect_order(file);
  if (!inspected) return std::unexpected(inspected.error());
  Json json{{"box", to_hex(inspected->order.box)},
            {"sequence", inspected->order.sequence},
            {"expires", format_utc(inspected->order.expires)}};
  describe(json, inspected->order.action);
  Json& approvals = json["approved_by"] = Json::array();
  for (const postal::KeyId& key : inspected->approvals) approvals.push_back(to_hex(key));
  return json.dump();
}

Result<Bytes> submit_meter_box_order(const std::filesystem::path& socket, ByteView file) {
  const auto client = Client::connect(socket, {}, std::chrono::seconds(30));
  if (!client) return std::unexpected(client.error());
  auto answer = client->submit_order(file);
  if (!answer) return std::unexpected(answer.error());
  return std::move(answer->content);
}

}  // namespace backstamp::datacenter
