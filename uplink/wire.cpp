#include "uplink/wire.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "base/limits.h"
#include "uplink/events.pb.h"

namespace backstamp::uplink {
namespace {

using namespace postal;

// The switches name every value, so that the compiler tells when one is added.
bool known(Verdict verdict) {
  switch (verdict) {
    case Verdict::unsigned_:
    case Verdict::genuine:
    case Verdict::forged:
    case Verdict::unknown_key:
    case Verdict::revoked:
    case Verdict::expired:
    case Verdict::not_yet_valid:
    case Verdict::unverified:
      return true;
  }
  return false;
}

bool known(Decision decision) {
  switch (decision) {
    case Decision::accept:
    case Decision::divert:
      return true;
  }
  return false;
}

bool known(Reason reason) {
  switch (reason) {
    case Reason::none:
    case Reason::no_read:
    case Reason::no_postage:
    case Reason::forged:
    case Reason::unknown_key:
    case Reason::revoked:
    case Reason::expired:
    case Reason::not_yet_valid:
    case Reason::unverified:
    case Reason::duplicate:
    case Reason::code_mismatch:
    case Reason::stale_date:
    case Reason::short_paid:
    case Reason::service_not_allowed:
    case Reason::stale_keys:
    case Reason::untrusted_clock:
      return true;
  }
  return false;
}

bool known(StationRole role) {
  switch (role) {
    case StationRole::induction:
    case StationRole::pass:
    case StationRole::delivery:
      return true;
  }
  return false;
}

bool known(Shed shed) {
  switch (shed) {
    case Shed::nothing:
    case Shed::faces:
    case Shed::effort:
    case Shed::reading:
      return true;
  }
  return false;
}

bool known(NoReadCause cause) {
  switch (cause) {
    case NoReadCause::none:
    case NoReadCause::nothing_found:
    case NoReadCause::located_not_decoded:
    case NoReadCause::checksum:
    case NoReadCause::format:
    case NoReadCause::filtered:
    case NoReadCause::out_of_time:
    case NoReadCause::bad_image:
    case NoReadCause::decoder_crashed:
    case NoReadCause::camera_lost:
      return true;
  }
  return false;
}

/// The enumerator of a number from outside; Error{invalid} when there is none.
template <typename Enum>
Result<Enum> enumerator(std::uint32_t number, std::string_view what) {
  const auto value = static_cast<Enum>(number);
  if (number > std::numeric_limits<std::uint8_t>::max() || !known(value)) {
    return fail(ErrorKind::invalid,
                "scan event: unknown " + std::string(what) + " " + std::to_string(number));
  }
  return value;
}

constexpr std::pair<Symbology, wire::Symbology> kSymbologies[] = {
    {Symbology::data_matrix, wire::DATA_MATRIX},
    {Symbology::qr_code, wire::QR_CODE},
    {Symbology::aztec, wire::AZTEC},
    {Symbology::pdf417, wire::PDF417},
    {Symbology::code128, wire::CODE128},
    {Symbology::imb, wire::IMB},
    {Symbology::itf, wire::ITF},
    {Symbology::mailmark, wire::MAILMARK},
    {Symbology::rm4scc, wire::RM4SCC},
    {Symbology::kix, wire::KIX},
    {Symbology::australia_post, wire::AUSTRALIA_POST},
    {Symbology::japan_post, wire::JAPAN_POST},
    {Symbology::postnet, wire::POSTNET},
    {Symbology::planet, wire::PLANET},
};
static_assert(std::size(kSymbologies) == postal::kSymbologies);

wire::Symbology to_wire(Symbology symbology) {
  for (const auto& [ours, theirs] : kSymbologies)
    if (ours == symbology) return theirs;
  return wire::SYMBOLOGY_UNSPECIFIED;
}

Result<Symbology> from_wire(wire::Symbology symbology) {
  for (const auto& [ours, theirs] : kSymbologies)
    if (theirs == symbology) return ours;
  return fail(ErrorKind::invalid,
              "scan event: unknown symbology " + std::to_string(static_cast<int>(symbology)));
}

Result<std::optional<MailpieceCode>> parse_code(const std::string& text) {
  if (text.empty()) return std::optional<MailpieceCode>{};
  auto code = parse_canonical(text);
  if (!code) return fail("scan event", code.error());
  return std::optional<MailpieceCode>{std::move(*code)};
}

bool plain_text(std::string_view text) {
  const bool control =
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return !control && to_utf8(as_bytes(text)) == text;
}

/// What version 2 added.
Result<void> check_sighting(const ScanEvent& event) {
  if (event.pass < 1 || event.pass > kMostPasses)
    return fail(ErrorKind::invalid,
                "scan event: passes count from 1 to " + std::to_string(kMostPasses));
  if (!event.place.empty() && !valid_station_name(event.place))
    return fail(ErrorKind::invalid, "scan event: the place's name is not a name");
  if (!valid_rule(event.rule))
    return fail(ErrorKind::invalid, "scan event: the rule's name is not a name");
  if (event.evidence.size() > kEvidenceBytes)
    return fail(ErrorKind::limit,
                "scan event: evidence of more than " + std::to_string(kEvidenceBytes) + " bytes");
  if (!event.evidence.empty() && !looks_like_picture(event.evidence))
    return fail(ErrorKind::invalid, "scan event: the evidence is neither PNG nor JPEG");
  return {};
}

/// What version 3 added.
bool of_a_line(const ScanEvent& event) {
  return !event.lane.empty() || event.machine_piece != 0 || event.pictures != 0 ||
         event.marks != 0 || event.shed != Shed::nothing || event.outlet != 0;
}

Result<void> check_line(const ScanEvent& event) {
  if (!event.lane.empty() && !valid_station_name(event.lane))
    return fail(ErrorKind::invalid, "scan event: the lane's name is not a name");
  if (event.pictures > kMostPictures)
    return fail(ErrorKind::invalid, "scan event: more pictures than a piece can have");
  if (!known(event.shed)) return fail(ErrorKind::invalid, "scan event: an unknown way of shedding");
  if ((event.marks & ~kPieceMarks) != 0)
    return fail(ErrorKind::invalid, "scan event: unknown marks of a piece");
  return {};
}

/// What holds of every event, made here or come from outside.
Result<void> check(const ScanEvent& event) {
  if (!valid_station_name(event.id.station))
    return fail(ErrorKind::invalid, "scan event: the station's name is not a name");
  if (event.id.epoch == 0 || event.id.sequence == 0)
    return fail(ErrorKind::invalid, "scan event: epoch and sequence count from 1");
  if (event.sample.size() > kSampleNameBytes || !plain_text(event.sample))
    return fail(ErrorKind::invalid, "scan event: the sample's name is not one line of at most " +
                                        std::to_string(kSampleNameBytes) + " bytes of UTF-8");
  if (event.induced_at.time_since_epoch().count() < 0)
    return fail(ErrorKind::invalid, "scan event: induced before 1970");
  if (event.codes.size() > limits::kReadingsPerFrame)
    return fail(ErrorKind::limit,
                "scan event: more than " + std::to_string(limits::kReadingsPerFrame) + " codes");
  for (const SeenCode& seen : event.codes)
    if (seen.content.size() > limits::kSymbolContentBytes)
      return fail(ErrorKind::limit, "scan event: a symbol with more than " +
                                        std::to_string(limits::kSymbolContentBytes) + " bytes");
  for (const auto duration : {event.read_time, event.latency})
    if (duration.count() < 0 || duration > kLongestDuration)
      return fail(ErrorKind::invalid, "scan event: a duration is negative or over a day");
  if (auto sighting = check_sighting(event); !sighting) return sighting;
  return check_line(event);
}

wire::ScanEvent to_wire(const ScanEvent& event) {
  wire::ScanEvent out;
  out.set_station(event.id.station);
  out.set_epoch(event.id.epoch);
  out.set_sequence(event.id.sequence);
  out.set_piece(event.piece);
  out.set_sample(event.sample);
  out.set_induced_at_us(event.induced_at.time_since_epoch().count());
  for (const SeenCode& seen : event.codes) {
    wire::SeenCode& code = *out.add_codes();
    code.set_symbology(to_wire(seen.symbology));
    code.set_content(seen.content.data(), seen.content.size());
    if (seen.code) code.set_code(canonical(*seen.code));
  }
  if (event.token) {
    wire::TokenIdentity& token = *out.mutable_token();
    token.set_issuer(event.token->issuer);
    token.set_meter(event.token->meter);
    token.set_counter(event.token->counter);
  }
  if (event.code) out.set_code(canonical(*event.code));
  out.set_verdict(static_cast<std::uint32_t>(event.verdict));
  out.set_decision(static_cast<std::uint32_t>(event.decision));
  out.set_reason(static_cast<std::uint32_t>(event.reason));
  out.set_cause(static_cast<std::uint32_t>(event.cause));
  out.set_read_time_us(static_cast<std::uint64_t>(event.read_time.count()));
  out.set_latency_us(static_cast<std::uint64_t>(event.latency.count()));
  out.set_role(static_cast<std::uint32_t>(event.role));
  out.set_pass(event.pass);
  out.set_place(event.place);
  out.set_rule(event.rule);
  out.set_evidence(event.evidence.data(), event.evidence.size());
  out.set_late(event.late);
  out.set_effort(event.effort);
  out.set_keys(event.keys);
  out.set_clock_untrusted(!event.clock_trusted);
  out.set_for_box(event.for_box);
  if (of_a_line(event)) {
    wire::OnLine& line = *out.mutable_line();
    line.set_lane(event.lane);
    line.set_machine_piece(event.machine_piece);
    line.set_pictures(event.pictures);
    line.set_marks(event.marks);
    line.set_shed(static_cast<std::uint32_t>(event.shed));
    line.set_outlet(event.outlet);
  }
  out.set_version(out.has_line() ? kEventVersion : kReplayVersion);
  return out;
}

Bytes encode(const wire::ScanEvent& message) {
  Bytes bytes(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(bytes.data());
  return bytes;
}

Result<std::vector<SeenCode>> parse_codes(const wire::ScanEvent& message) {
  std::vector<SeenCode> codes;
  codes.reserve(static_cast<std::size_t>(message.codes_size()));
  for (const wire::SeenCode& seen : message.codes()) {
    const auto symbology = from_wire(seen.symbology());
    if (!symbology) return std::unexpected(symbology.error());
    auto code = parse_code(seen.code());
    if (!code) return std::unexpected(code.error());
    const ByteView content = as_bytes(seen.content());
    codes.push_back({*symbology, Bytes(content.begin(), content.end()), std::move(*code)});
  }
  return codes;
}

/// Durations and times that do not fit their types come out negative, which check() refuses.
std::chrono::microseconds microseconds_of(std::uint64_t count) {
  return std::chrono::microseconds(static_cast<std::int64_t>(count));
}

/// The numbers of a message as what they stand for.
Result<void> read_words(const wire::ScanEvent& message, ScanEvent& event) {
  const auto verdict = enumerator<Verdict>(message.verdict(), "verdict");
  if (!verdict) return std::unexpected(verdict.error());
  const auto decision = enumerator<Decision>(message.decision(), "decision");
  if (!decision) return std::unexpected(decision.error());
  const auto reason = enumerator<Reason>(message.reason(), "reason");
  if (!reason) return std::unexpected(reason.error());
  const auto cause = enumerator<NoReadCause>(message.cause(), "cause of a no-read");
  if (!cause) return std::unexpected(cause.error());
  const auto role = enumerator<StationRole>(message.role(), "role of a station");
  if (!role) return std::unexpected(role.error());
  event.verdict = *verdict;
  event.decision = *decision;
  event.reason = *reason;
  event.cause = *cause;
  event.role = *role;
  return {};
}

Result<void> read_line(const wire::OnLine& line, ScanEvent& event) {
  const auto shed = enumerator<Shed>(line.shed(), "step of shedding");
  if (!shed) return std::unexpected(shed.error());
  if (line.outlet() > std::numeric_limits<std::uint16_t>::max())
    return fail(ErrorKind::invalid, "scan event: no outlet has such a number");
  event.lane = line.lane();
  event.machine_piece = line.machine_piece();
  event.pictures = line.pictures();
  event.marks = line.marks();
  event.shed = *shed;
  event.outlet = static_cast<std::uint16_t>(line.outlet());
  return {};
}

Result<ScanEvent> from_wire(const wire::ScanEvent& message) {
  ScanEvent event;
  event.id = {message.station(), message.epoch(), message.sequence()};
  event.piece = message.piece();
  event.sample = message.sample();
  event.induced_at = UtcTime(std::chrono::microseconds(message.induced_at_us()));
  if (static_cast<std::size_t>(message.codes_size()) > limits::kReadingsPerFrame)
    return fail(ErrorKind::limit, "scan event: too many codes");
  auto codes = parse_codes(message);
  if (!codes) return std::unexpected(codes.error());
  event.codes = std::move(*codes);
  if (message.has_token())
    event.token = {message.token().issuer(), message.token().meter(), message.token().counter()};
  auto code = parse_code(message.code());
  if (!code) return std::unexpected(code.error());
  event.code = std::move(*code);
  if (const auto words = read_words(message, event); !words) return std::unexpected(words.error());
  event.read_time = microseconds_of(message.read_time_us());
  event.latency = microseconds_of(message.latency_us());
  event.pass = message.pass();
  event.place = message.place();
  event.rule = message.rule();
  const ByteView evidence = as_bytes(message.evidence());
  event.evidence.assign(evidence.begin(), evidence.end());
  event.late = message.late();
  event.effort = message.effort();
  event.keys = message.keys();
  event.clock_trusted = !message.clock_untrusted();
  event.for_box = message.for_box();
  if (message.has_line()) {
    if (auto line = read_line(message.line(), event); !line) return std::unexpected(line.error());
  }
  return event;
}

}  // namespace

Result<Bytes> serialize_event(const ScanEvent& event) {
  if (const auto valid = check(event); !valid) return std::unexpected(valid.error());
  Bytes bytes = encode(to_wire(event));
  if (bytes.size() > limits::kEventBytes)
    return fail(ErrorKind::limit, "scan event: " + std::to_string(bytes.size()) +
                                      " bytes are over the limit of " +
                                      std::to_string(limits::kEventBytes) + "; call fit_event");
  return bytes;
}

Result<ScanEvent> parse_event(ByteView bytes) {
  if (bytes.size() > limits::kEventBytes)
    return fail(ErrorKind::limit,
                "scan event: over " + std::to_string(limits::kEventBytes) + " bytes");
  wire::ScanEvent message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(ErrorKind::invalid, "scan event: not a message of the schema");
  if (message.version() != (message.has_line() ? kEventVersion : kReplayVersion)) {
    const std::uint32_t found =
        message.version() == 0 ? message.former_version() : message.version();
    return fail(ErrorKind::invalid, "scan event: version " + std::to_string(found) + ", wanted " +
                                        std::to_string(kReplayVersion) + " or " +
                                        std::to_string(kEventVersion) +
                                        "; the two ends are of different releases");
  }
  auto event = from_wire(message);
  if (!event) return event;
  if (const auto valid = check(*event); !valid) return std::unexpected(valid.error());
  // One event, one encoding: unknown fields, repeated ones and long forms end here.
  if (!std::ranges::equal(encode(to_wire(*event)), bytes))
    return fail(ErrorKind::invalid, "scan event: not in its one valid encoding");
  return event;
}

namespace {

/// File names come from anywhere: what is left of one is plain text within its limit.
bool fit_sample(std::string& sample) {
  if (sample.size() <= kSampleNameBytes && plain_text(sample)) return false;
  const auto plain = [](unsigned char c) { return c >= 0x20 && c < 0x7F; };
  for (char& c : sample)
    if (!plain(static_cast<unsigned char>(c))) c = '?';
  sample.resize(std::min(sample.size(), kSampleNameBytes));
  return true;
}

bool fit_duration(std::chrono::microseconds& duration) {
  const auto given =
      std::exchange(duration, std::clamp<std::chrono::microseconds>(
                                  duration, std::chrono::microseconds(0), kLongestDuration));
  return given != duration;
}

// What an event may hold besides codes and evidence, and what one code may hold besides its
// content.
constexpr std::size_t kRest = 1024;
constexpr std::size_t kPerCode = 96;

std::size_t codes_bytes(const std::vector<SeenCode>& codes) {
  std::size_t total = kRest;
  for (const SeenCode& seen : codes) total += kPerCode + seen.content.size();
  return total;
}

/// The codes come first: a picture that does not fit beside them is left out.
bool fit_evidence(ScanEvent& event) {
  const Bytes& evidence = event.evidence;
  if (evidence.empty()) return false;
  if (evidence.size() <= kEvidenceBytes && looks_like_picture(evidence) &&
      codes_bytes(event.codes) + evidence.size() <= limits::kEventBytes) {
    return false;
  }
  event.evidence.clear();
  return true;
}

bool fit_codes(std::vector<SeenCode>& codes) {
  static_assert(kRest + limits::kReadingsPerFrame * kPerCode < limits::kEventBytes);
  bool cut = codes.size() > limits::kReadingsPerFrame;
  if (cut) codes.resize(limits::kReadingsPerFrame);
  std::size_t total = codes_bytes(codes);
  while (total > limits::kEventBytes ||
         std::any_of(codes.begin(), codes.end(), [](const SeenCode& seen) {
           return seen.content.size() > limits::kSymbolContentBytes;
         })) {
    auto longest = std::max_element(
        codes.begin(), codes.end(),
        [](const SeenCode& a, const SeenCode& b) { return a.content.size() < b.content.size(); });
    total -= longest->content.size();
    longest->content.clear();
    cut = true;
  }
  return cut;
}

}  // namespace

bool fit_event(ScanEvent& event) {
  const bool sample = fit_sample(event.sample);
  const bool read_time = fit_duration(event.read_time);
  const bool latency = fit_duration(event.latency);
  const bool codes = fit_codes(event.codes);
  return fit_evidence(event) || codes || sample || read_time || latency;
}

ScanEvent make_gap(const EventId& id) {
  ScanEvent gap;
  gap.id = id;
  gap.cause = NoReadCause::none;
  return gap;
}

bool is_gap(const ScanEvent& event) {
  return event.piece == 0 && event.cause == NoReadCause::none && event.reason == Reason::no_read &&
         event.codes.empty();
}

}  // namespace backstamp::uplink
