// Service type identifiers by class and service (USPS Service Type Identifier table, effective 21
// January 2024; docs/formats/payloads.md). What is to happen with an address that is wrong, which
// the table tells too, is left out.
#include <array>

#include "postal/payload/usps.h"

namespace backstamp::postal::payload {
namespace {

enum Level { basic, full };
enum Tracking { untracked, tracked };

/// Identifiers that mean the same, three digits each, with a blank between.
struct Services {
  std::string_view mail_class;
  Level level;
  Tracking tracking;
  std::string_view correction;  ///< the kind of address correction service (ACS), or ""
  std::string_view identifiers;
};

constexpr std::string_view kFirst = "First-Class Mail";
constexpr std::string_view kPeriodicals = "Periodicals";
constexpr std::string_view kMarketing = "USPS Marketing Mail";
constexpr std::string_view kBound = "Bound Printed Matter";
constexpr std::string_view kFirstPolitical = "First-Class Mail, Political Mail";
constexpr std::string_view kMarketingPolitical = "USPS Marketing Mail, Political Mail";
constexpr std::string_view kFirstBallot = "First-Class Mail, Ballot Mail";
constexpr std::string_view kMarketingBallot = "USPS Marketing Mail, Ballot Mail";
constexpr std::string_view kNone;
constexpr std::string_view kOneCode = "OneCode ACS";
constexpr std::string_view kFullService = "Full-Service ACS";
constexpr std::string_view kTraditional = "Traditional ACS";

constexpr auto kTable = std::to_array<Services>({
    {kFirst, basic, untracked, kNone, "300 700"},
    {kFirst, basic, tracked, kNone, "310 040"},
    {kFirst, full, untracked, kNone, "260"},
    {kFirst, full, tracked, kNone, "270"},
    {kFirst, basic, untracked, kOneCode, "230 080 504 082 341 345"},
    {kFirst, basic, tracked, kOneCode, "220 140 502 240 340 344"},
    {kFirst, full, untracked, kFullService, "320 081 516 083 343 232"},
    {kFirst, full, tracked, kFullService, "314 141 514 241 342 222"},
    {kFirst, basic, untracked, kTraditional, "501 507 517 510 535 543"},
    {kFirst, basic, tracked, kTraditional, "500 506 515 530 534 538"},
    {kFirst, full, untracked, kTraditional, "505 509 521 512 537 545"},
    {kFirst, full, tracked, kTraditional, "503 508 519 511 536 544"},
    {kPeriodicals, basic, untracked, kNone, "704 149"},
    {kPeriodicals, basic, tracked, kNone, "044 148"},
    {kPeriodicals, full, untracked, kNone, "147"},
    {kPeriodicals, full, tracked, kNone, "146"},
    {kPeriodicals, basic, untracked, kOneCode, "784"},
    {kPeriodicals, basic, tracked, kOneCode, "244"},
    {kPeriodicals, full, untracked, kFullService, "038"},
    {kPeriodicals, full, tracked, kFullService, "045"},
    {kPeriodicals, basic, untracked, kTraditional, "600"},
    {kPeriodicals, basic, tracked, kTraditional, "599"},
    {kPeriodicals, full, untracked, kTraditional, "602"},
    {kPeriodicals, full, tracked, kTraditional, "601"},
    {kMarketing, basic, untracked, kNone, "301 702"},
    {kMarketing, basic, tracked, kNone, "311 042"},
    {kMarketing, full, untracked, kNone, "261"},
    {kMarketing, full, tracked, kNone, "271"},
    {kMarketing, basic, untracked, kOneCode, "090 334 092 513 272"},
    {kMarketing, basic, tracked, kOneCode, "142 585 242 586 262"},
    {kMarketing, full, untracked, kFullService, "091 550 093 567 529"},
    {kMarketing, full, tracked, kFullService, "143 548 243 231 587"},
    {kMarketing, basic, untracked, kTraditional, "540 547 560 565 570"},
    {kMarketing, basic, tracked, kTraditional, "539 546 559 564 569"},
    {kMarketing, full, untracked, kTraditional, "542 551 562 568 572"},
    {kMarketing, full, tracked, kTraditional, "541 549 561 566 571"},
    {kBound, basic, untracked, kNone, "401 706"},
    {kBound, basic, tracked, kNone, "451 452"},
    {kBound, full, untracked, kNone, "265"},
    {kBound, full, tracked, kNone, "351"},
    {kBound, basic, untracked, kOneCode, "424 605 431 615 619"},
    {kBound, basic, tracked, kOneCode, "453 454 455 456 457"},
    {kBound, full, untracked, kFullService, "423 607 430 617 621"},
    {kBound, full, tracked, kFullService, "353 354 355 356 357"},
    {kBound, basic, untracked, kTraditional, "603 606 613 616 620"},
    {kBound, basic, tracked, kTraditional, "458 459 460 461 462"},
    {kBound, full, untracked, kTraditional, "604 608 614 618 622"},
    {kBound, full, tracked, kTraditional, "358 359 360 361 362"},
    {kFirstPolitical, basic, untracked, kNone, "751 752"},
    {kFirstPolitical, basic, tracked, kNone, "727 756"},
    {kFirstPolitical, full, untracked, kNone, "761"},
    {kFirstPolitical, full, tracked, kNone, "747"},
    {kFirstPolitical, basic, untracked, kOneCode, "753 754 755"},
    {kFirstPolitical, basic, tracked, kOneCode, "757 758 759"},
    {kFirstPolitical, full, untracked, kFullService, "763 764 765 762"},
    {kFirstPolitical, full, tracked, kFullService, "767 768 769 766"},
    {kMarketingPolitical, basic, untracked, kNone, "771 772"},
    {kMarketingPolitical, basic, tracked, kNone, "728 776"},
    {kMarketingPolitical, full, untracked, kNone, "773"},
    {kMarketingPolitical, full, tracked, kNone, "748"},
    {kMarketingPolitical, basic, untracked, kOneCode, "775"},
    {kMarketingPolitical, basic, tracked, kOneCode, "770"},
    {kMarketingPolitical, full, untracked, kFullService, "774"},
    {kMarketingPolitical, full, tracked, kFullService, "781"},
    {kMarketingPolitical, basic, untracked, kTraditional, "785"},
    {kMarketingPolitical, basic, tracked, kTraditional, "786"},
    {kFirstBallot, basic, untracked, kNone, "777 778 779 780"},
    {kFirstBallot, basic, tracked, kNone, "715 716"},
    {kFirstBallot, full, tracked, kNone, "720"},
    {kFirstBallot, basic, tracked, kOneCode, "717 718 713"},
    {kFirstBallot, full, tracked, kFullService, "722 723 725"},
    {kMarketingBallot, basic, tracked, kNone, "735 736"},
    {kMarketingBallot, full, tracked, kNone, "741"},
    {kMarketingBallot, basic, tracked, kOneCode, "737 738 714"},
    {kMarketingBallot, full, tracked, kFullService, "743 744 746"},
    {kMarketingBallot, basic, tracked, kTraditional, "726"},
    {"Priority Mail", basic, untracked, kNone, "710 712"},
    {"Courtesy Reply Mail", basic, untracked, kNone, "703 070"},
    {"Courtesy Reply Mail", basic, tracked, kNone, "050 030"},
    {"Business Reply Mail", basic, untracked, kNone, "708 072"},
    {"Business Reply Mail", basic, tracked, kNone, "052 032"},
    {"Permit Reply Mail", basic, untracked, kNone, "701 071"},
    {"Permit Reply Mail", basic, tracked, kNone, "051 031"},
    {"Share Mail", basic, tracked, kNone, "733 734"},
});

}  // namespace

std::string service_of(std::string_view identifier) {
  if (identifier.size() != 3 || identifier.find(' ') != identifier.npos) return "";
  for (const Services& services : kTable) {
    if (services.identifiers.find(identifier) == services.identifiers.npos) continue;
    std::string out(services.mail_class);
    out += services.level == full ? ", Full-Service" : ", basic";
    if (services.tracking == tracked) out += ", IV-MTR";
    if (!services.correction.empty()) out += ", " + std::string(services.correction);
    return out;
  }
  return "";
}

}  // namespace backstamp::postal::payload
