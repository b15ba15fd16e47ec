// backstamp dataset: makes, checks and unpacks recorded mail.
#include <CLI/CLI.hpp>
#include <string>

#include "programs/command_line.h"
#include "programs/dataset/commands.h"

namespace backstamp::programs {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  backstamp dataset make mail --seed 7 --count 400 --threads 2\n"
    "  backstamp dataset make hard --seed 8 --count 100 --mix hard=90,blank=10\n"
    "  backstamp dataset make post --seed 9 --count 1000 --mix postal --dpi 300\n"
    "  backstamp dataset make mine --pieces pieces.jsonl       what a meter printed\n"
    "  backstamp dataset info mail\n"
    "  backstamp dataset verify mail\n"
    "  backstamp dataset extract mail faces --names '00001?.*'\n"
    "  backstamp dataset truth mail > truth.jsonl\n"
    "\n"
    "A dataset is a folder: manifest.json, and tars of pictures with their truth\n"
    "(docs/formats/dataset.md). Where a dataset is read, a tar will do: tar cf mine.tar pictures.\n"
    "The same seed makes the same dataset. Without --pieces the tokens\n"
    "are signed with keys made from the seed; keys.bundle and root.pub beside the manifest let a\n"
    "station verify them. Anyone with the seed has those keys: for demos and tests only.\n"
    "\n"
    "--mix postal is mail with every symbology of the post, printed and photographed well or\n"
    "badly, 10% of it blank; postal:typical=80,extreme=20 with other shares. Classes: clean,\n"
    "typical, hard, extreme, blank.\n"
    "\n"
    "--pieces: one JSON object a line, rendered in order:\n"
    "  {\"name\": \"p1\", \"lines\": [\"Ada Marlowe\", \"1 Mill Lane\", \"Carrow XA 01234\"],\n"
    "   \"token\": hex or \"\", \"code\": \"imb:…\" or \"\", \"postage\": \"0.730\",\n"
    "   \"kind\": \"genuine\", \"class\": \"clean|typical|hard|extreme|blank\", \"count\": 1}\n"
    "  name and kind stand in the truth; of kind \"damaged\" the symbols are smeared and torn.\n"
    "\n"
    "Exit status: 0; 1 when the work failed or something is damaged; 2 usage.";

void add_make(CLI::App& app, MakeOptions& options) {
  auto* command = app.add_subcommand("make", "Renders synthetic mail with its exact truth");
  command->add_option("OUT", options.folder, "Folder to make; must not hold a dataset")->required();
  command->add_option("--seed", options.seed, "What everything follows from")
      ->capture_default_str();
  command->add_option("--count", options.count, "How many faces")->capture_default_str();
  command->add_option("--mix", options.mix, "Shares of the classes, or postal")
      ->capture_default_str();
  auto* px_per_mm =
      command->add_option("--px-per-mm", options.px_per_mm, "Resolution; 8 is 203 dpi")
          ->check(CLI::Range(6.0, 24.0))
          ->capture_default_str();
  command->add_option("--dpi", options.dpi, "Resolution in dots per inch instead")
      ->check(CLI::Range(153.0, 609.0))
      ->excludes(px_per_mm);
  command->add_option("--shape", options.shape, "Of --mix postal: any, letter or flat")
      ->check(CLI::IsMember({"any", "letter", "flat"}))
      ->capture_default_str();
  command->add_option("--pieces", options.pieces, "Render these pieces instead (JSON lines)")
      ->check(CLI::ExistingFile);
  command->add_option("--mailed", options.mailed, "Mailing date of the tokens, YYYY-MM-DD")
      ->capture_default_str();
  command->add_option("--threads", options.threads, "Faces rendered at the same time")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  command->add_option("--picture", options.picture, "png or pgm")
      ->check(CLI::IsMember({"png", "pgm"}))
      ->capture_default_str();
}

int run(int argc, char** argv) {
  CLI::App app("Makes, checks and unpacks datasets of mailpiece pictures", "backstamp dataset");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  MakeOptions options;
  app.add_flag("--json", options.json, "One JSON object on standard output");
  add_make(app, options);
  std::string source;
  std::string folder;
  std::string names;
  auto* info_command = app.add_subcommand("info", "Shows what a dataset is");
  info_command->add_option("DATASET", source, "Folder")->required();
  auto* verify_command = app.add_subcommand("verify", "Checks every checksum, digest and count");
  verify_command->add_option("DATASET", source, "Folder")->required();
  auto* extract_command = app.add_subcommand("extract", "Writes members into a folder");
  extract_command->add_option("DATASET", source, "Folder or tar")->required();
  extract_command->add_option("OUT", folder, "Folder; files in it are never replaced")->required();
  extract_command->add_option("--names", names, "Only names that match, as '0001*.png'");
  auto* truth_command =
      app.add_subcommand("truth", "Prints the truth of all samples as JSON lines");
  truth_command->add_option("DATASET", source, "Folder or tar")->required();
  BACKSTAMP_PARSE(app, argc, argv);
  if (info_command->parsed()) return info(source, options.json);
  if (verify_command->parsed()) return verify(source, options.json);
  if (extract_command->parsed()) return extract(source, folder, names, options.json);
  if (truth_command->parsed()) return truth(source);
  return make_dataset(options);
}

}  // namespace
}  // namespace backstamp::programs

int main(int argc, char** argv) {
  return backstamp::programs::run(argc, argv);
}
