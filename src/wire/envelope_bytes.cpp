#include "src/wire/envelope_bytes.hpp"

#include "src/wire/frames.hpp"
#include "src/wire/messages.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstring>

namespace troupe::wire {

namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;
using field = v1::Envelope;

constexpr std::uint32_t number_tag(int of) noexcept {
  return WireFormatLite::MakeTag(of, WireFormatLite::WIRETYPE_VARINT);
}

constexpr std::uint32_t text_tag(int of) noexcept {
  return WireFormatLite::MakeTag(of, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

static_assert(number_tag(field::kStampFieldNumber) < 0x80, "the tag of each field is one byte");

/// Counts what `put_fields` writes.
struct counter {
  std::size_t bytes = 0;
  void number(int, std::uint64_t x) noexcept { bytes += 1 + CodedOutputStream::VarintSize64(x); }
  void text(int, std::string_view a, std::string_view b = {}) noexcept {
    const auto size = a.size() + b.size();
    bytes += 1 + CodedOutputStream::VarintSize64(size) + size;
  }
};

struct writer {
  std::uint8_t* to;
  void number(int of, std::uint64_t x) noexcept {
    *to++ = static_cast<std::uint8_t>(number_tag(of));
    to = CodedOutputStream::WriteVarint64ToArray(x, to);
  }
  /// A text in two parts.
  void text(int of, std::string_view a, std::string_view b = {}) noexcept {
    *to++ = static_cast<std::uint8_t>(text_tag(of));
    to = CodedOutputStream::WriteVarint64ToArray(a.size() + b.size(), to);
    for (const auto part : {a, b}) {
      if (!part.empty())
        std::memcpy(to, part.data(), part.size());
      to += part.size();
    }
  }
};

std::string_view scheme(address_kind kind) noexcept {
  static constexpr std::array<std::string_view, 6> value{
      "agent:", "domain:", "session:", "task:", "topic:", "node:"};
  static_assert(value.size() == enum_names<address_kind>::value.size());
  return value[static_cast<std::size_t>(kind)];
}

/// In the order of their numbers, without those that have the value they have when they are absent.
template <class Out>
void put_fields(const envelope& x, Out& out) noexcept {
  if (x.number != 0)
    out.number(field::kNumberFieldNumber, x.number);
  // Who has no address hears of nothing, and needs none.
  if (!x.from.name.empty())
    out.text(field::kFromFieldNumber, scheme(x.from.kind), x.from.name);
  out.text(field::kToFieldNumber, scheme(x.to.kind), x.to.name);
  if (!x.trace.empty())
    out.text(field::kTraceIdFieldNumber, x.trace);
  if (x.deadline != no_deadline)
    out.number(field::kDeadlineFieldNumber,
               static_cast<std::uint64_t>(x.deadline.time_since_epoch().count()));
  if (x.urgency != priority{})
    out.number(field::kPriorityFieldNumber, static_cast<std::uint64_t>(x.urgency));
  for (const auto& hop : x.hops)
    out.text(field::kHopsFieldNumber, hop);
  if (x.epoch != 0)
    out.number(field::kEpochFieldNumber, x.epoch);
  if (!x.kind.empty())
    out.text(field::kKindFieldNumber, x.kind);
  if (!x.body.empty())
    out.text(field::kBodyFieldNumber, x.body);
  if (x.stamp != 0)
    out.number(field::kStampFieldNumber, x.stamp);
}

address address_of(std::string_view text, const char* name) {
  if (text.empty())
    throw malformed{std::string{name} + ": missing"};
  if (text.size() > max_address_bytes)
    throw malformed{std::string{name} + ": longer than " + std::to_string(max_address_bytes) +
                    " bytes"};
  auto out = address::parse(text);
  if (!out)
    throw malformed{std::string{name} + ": no address"};
  return *std::move(out);
}

std::uint64_t number_in(CodedInputStream& in) {
  std::uint64_t out = 0;
  if (!in.ReadVarint64(&out))
    throw malformed{"malformed"};
  return out;
}

} // namespace

std::size_t envelope_size(const envelope& x) noexcept {
  counter out;
  put_fields(x, out);
  return out.bytes;
}

std::uint8_t* write_envelope(const envelope& x, std::uint8_t* to) noexcept {
  writer out{to};
  put_fields(x, out);
  return out.to;
}

envelope read_envelope(std::string_view bytes) {
  CodedInputStream in{reinterpret_cast<const std::uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size())};
  const auto text = [&] {
    std::uint32_t size = 0;
    const bool read = in.ReadVarint32(&size);
    const auto at = static_cast<std::size_t>(in.CurrentPosition());
    if (!read || size > bytes.size() - at)
      throw malformed{"malformed"};
    in.Skip(static_cast<int>(size));
    return bytes.substr(at, size);
  };
  envelope out;
  std::string_view from;
  std::string_view to;
  std::uint64_t urgency = 0;
  while (const auto tag = in.ReadTag()) {
    switch (tag) {
    case number_tag(field::kNumberFieldNumber):
      out.number = number_in(in);
      break;
    case text_tag(field::kFromFieldNumber):
      from = text();
      break;
    case text_tag(field::kToFieldNumber):
      to = text();
      break;
    case text_tag(field::kTraceIdFieldNumber):
      out.trace = text();
      break;
    case number_tag(field::kDeadlineFieldNumber):
      out.deadline = timestamp{microseconds{static_cast<std::int64_t>(number_in(in))}};
      break;
    case number_tag(field::kPriorityFieldNumber):
      urgency = number_in(in);
      break;
    case text_tag(field::kHopsFieldNumber):
      if (out.hops.size() == max_envelope_hops)
        throw malformed{"hops: more than " + std::to_string(max_envelope_hops)};
      out.hops.emplace_back(text());
      break;
    case number_tag(field::kEpochFieldNumber):
      out.epoch = number_in(in);
      break;
    case text_tag(field::kKindFieldNumber):
      out.kind = text();
      break;
    case text_tag(field::kBodyFieldNumber):
      out.body = text();
      break;
    case number_tag(field::kStampFieldNumber):
      out.stamp = number_in(in);
      break;
    default:
      if (!WireFormatLite::SkipField(&in, tag))
        throw malformed{"malformed"};
    }
  }
  if (!in.ConsumedEntireMessage())
    throw malformed{"malformed"};
  if (!from.empty())
    out.from = address_of(from, "from");
  out.to = address_of(to, "to");
  // As Protobuf reads it: a number of 32 bits.
  out.urgency = enum_of<priority>(static_cast<std::uint32_t>(urgency), "priority");
  if (out.kind.empty())
    throw malformed{"kind: missing"};
  return out;
}

} // namespace troupe::wire
