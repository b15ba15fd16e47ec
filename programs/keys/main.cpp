// backstamp-keys: makes and inspects the keys of tokens, bundles and stations.
#include "programs/command_line.h"
#include "programs/keys/commands.h"

namespace {

using namespace backstamp;

int report(const Result<void>& done) {
  return done ? programs::kDone : programs::failed("keys", done.error());
}

constexpr const char* kBundleHelp =
    "A list is a YAML file; paths are taken from its folder:\n"
    "  keys:\n"
    "    - public_key: meter-42.pub\n"
    "      issuer: 7\n"
    "      meter: 42\n"
    "      valid_from: 2026-01-01\n"
    "      valid_until: 2026-12-31\n"
    "      revoked_from: 2026-06-01    # left out when it is not revoked\n"
    "The sequence number must grow: stations never go back to a smaller one.\n"
    "Example:\n"
    "  backstamp keys bundle --root root.key --list keys.yaml --sequence 12 --out keys.bundle";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Makes and inspects keys. Private halves are written once, readable by their owner alone,\n"
      "and never shown.",
      "backstamp keys"};
  app.footer(
      "Examples:\n"
      "  backstamp keys root --out root              root.key and root.pub, to sign bundles\n"
      "  backstamp keys token-key --out meter-42     meter-42.key and meter-42.pub, for tokens\n"
      "  backstamp keys bundle --root root.key --list keys.yaml --sequence 1 --out keys.bundle\n"
      "  backstamp keys inspect keys.bundle --root root.pub\n"
      "  backstamp keys station --out lane-1         lane-1.secret and lane-1.public");
  app.require_subcommand(1);

  std::string base;
  std::string algorithm = "eddsa";
  const CLI::IsMember algorithms({"eddsa", "es256"});
  auto* root = app.add_subcommand("root", "Make the key that signs bundles");
  root->add_option("--out", base, "Makes OUT.key and OUT.pub")->required();
  root->add_option("--algorithm", algorithm, "eddsa or es256")
      ->check(algorithms)
      ->capture_default_str();
  auto* token_key = app.add_subcommand("token-key", "Make the key of a meter, for its tokens");
  token_key->add_option("--out", base, "Makes OUT.key and OUT.pub")->required();
  token_key->add_option("--algorithm", algorithm, "eddsa or es256")
      ->check(algorithms)
      ->capture_default_str();
  auto* station = app.add_subcommand(
      "station", "Make the key pair by which a station (or a data center) is known on the uplink");
  station->add_option("--out", base, "Makes OUT.secret and OUT.public")->required();

  keys::BundleArguments bundling;
  auto* bundle = app.add_subcommand("bundle", "Sign a bundle: whom stations believe");
  bundle->add_option("--root", bundling.root, "Private key of the signer")->required();
  bundle->add_option("--list", bundling.lists, "YAML list of keys; may be given again")->required();
  bundle->add_option("--sequence", bundling.sequence, "Number of this bundle")->required();
  bundle->add_option("--out", bundling.out, "The file to write")->required();
  bundle->footer(kBundleHelp);

  keys::InspectArguments inspecting;
  auto* inspect = app.add_subcommand("inspect", "Say what a key, bundle or token file holds");
  inspect->add_option("FILE", inspecting.file, "A key, a bundle, or a token (bytes or hex)")
      ->required();
  auto* signer =
      inspect->add_option("--root", inspecting.root, "Public key of the bundle's signer");
  inspect->add_option("--bundle", inspecting.bundle, "Verify a token against this bundle")
      ->needs(signer);
  inspect->add_flag("--json", inspecting.json, "JSON, one line an item");
  BACKSTAMP_PARSE(app, argc, argv);

  if (root->parsed() || token_key->parsed()) return report(keys::make_signing_key(base, algorithm));
  if (station->parsed()) return report(keys::make_station_keys(base));
  if (bundle->parsed()) return report(keys::make_bundle(bundling));
  return report(keys::inspect(inspecting));
}
