#include "src/wire/frames.hpp"

#include "src/wire/messages.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr std::uint32_t entry_tag = WireFormatLite::MakeTag(
    v1::EnvelopeBatch::kEnvelopesFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
static_assert(entry_tag < 0x80, "the tag of an entry is one byte");

constexpr auto most_bytes = static_cast<std::size_t>(std::numeric_limits<int>::max());

template <class Message>
std::string serialized(const Message& m) {
  std::string out(m.ByteSizeLong(), '\0');
  m.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data()));
  return out;
}

void put(envelope&& x, v1::Envelope& out) {
  out.set_number(x.number);
  // Who has no address hears of nothing, and needs none.
  if (!x.from.name.empty())
    out.set_from(x.from.str());
  out.set_to(x.to.str());
  out.set_trace_id(std::move(x.trace));
  if (x.deadline != no_deadline)
    out.set_deadline(x.deadline.time_since_epoch().count());
  out.set_priority(static_cast<std::uint32_t>(x.urgency));
  for (auto& hop : x.hops)
    out.add_hops(std::move(hop));
  out.set_epoch(x.epoch);
  out.set_stamp(x.stamp);
  out.set_kind(std::move(x.kind));
  out.set_body(std::move(x.body));
}

address address_of(const std::string& text, const char* field) {
  if (text.empty())
    throw wire::malformed{std::string{field} + ": missing"};
  if (text.size() > max_address_bytes)
    throw wire::malformed{std::string{field} + ": longer than " +
                          std::to_string(max_address_bytes) + " bytes"};
  auto out = address::parse(text);
  if (!out)
    throw wire::malformed{std::string{field} + ": no address"};
  return *std::move(out);
}

envelope take(v1::Envelope& in) {
  envelope out;
  out.number = in.number();
  if (!in.from().empty())
    out.from = address_of(in.from(), "from");
  out.to = address_of(in.to(), "to");
  out.trace = std::move(*in.mutable_trace_id());
  if (in.has_deadline())
    out.deadline = timestamp{microseconds{in.deadline()}};
  out.urgency = wire::enum_of<priority>(in.priority(), "priority");
  if (static_cast<std::size_t>(in.hops_size()) > max_envelope_hops)
    throw wire::malformed{"hops: more than " + std::to_string(max_envelope_hops)};
  out.hops.reserve(static_cast<std::size_t>(in.hops_size()));
  for (auto& hop : *in.mutable_hops())
    out.hops.push_back(std::move(hop));
  out.epoch = in.epoch();
  out.stamp = in.stamp();
  if (in.kind().empty())
    throw wire::malformed{"kind: missing"};
  out.kind = std::move(*in.mutable_kind());
  out.body = std::move(*in.mutable_body());
  return out;
}

/// What a peer says goes into logs, where a line break would begin a line of its own.
std::string printable(std::string text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      c = '?';
  return text;
}

std::string take_text(std::string& in, const char* field) {
  if (in.size() > max_hello_text_bytes)
    throw wire::malformed{std::string{field} + ": longer than " +
                          std::to_string(max_hello_text_bytes) + " bytes"};
  return std::move(in);
}

hello take(v1::Hello& in) {
  hello out;
  out.oldest_protocol = in.oldest_protocol();
  out.newest_protocol = in.newest_protocol();
  if (out.oldest_protocol == 0 || out.newest_protocol < out.oldest_protocol)
    throw wire::malformed{"protocols: no range"};
  out.node = take_text(*in.mutable_node(), "node");
  if (out.node.empty())
    throw wire::malformed{"node: missing"};
  out.incarnation = in.incarnation();
  out.region = printable(take_text(*in.mutable_region(), "region"));
  out.version = printable(take_text(*in.mutable_version(), "version"));
  out.frame_max_bytes = in.frame_max_bytes();
  return out;
}

goodbye take(v1::Goodbye& in) {
  auto why = std::move(*in.mutable_why());
  if (why.size() > max_goodbye_bytes)
    why.resize(max_goodbye_bytes);
  return {printable(std::move(why))};
}

template <class T, class Message>
decoded<T> read(std::string_view bytes, const char* what) {
  decoded<T> out;
  Message m;
  if (bytes.size() > most_bytes ||
      !m.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    out.error = std::string{what} + ": malformed";
    return out;
  }
  try {
    out.value.emplace(take(m));
  } catch (const wire::malformed& e) {
    out.error = std::string{what} + ": " + e.what();
  }
  return out;
}

/// Reads entry by entry, so that what an honest node never writes ends the reading before its rest
/// has taken any memory.
void take_entries(std::string_view bytes, envelope_batch& out) {
  CodedInputStream in{reinterpret_cast<const std::uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size())};
  // One message for all entries keeps the memory of the texts that are not moved out of it.
  v1::Envelope entry;
  while (const auto tag = in.ReadTag()) {
    if (tag != entry_tag) {
      if (!WireFormatLite::SkipField(&in, tag))
        throw wire::malformed{"malformed"};
      continue;
    }
    const auto where = [&] { return "envelope " + std::to_string(out.size() + 1) + ": "; };
    if (out.size() == max_batch_envelopes)
      throw wire::malformed{"more than " + std::to_string(max_batch_envelopes) + " envelopes"};
    std::uint32_t size = 0;
    if (!in.ReadVarint32(&size) ||
        size > bytes.size() - static_cast<std::size_t>(in.CurrentPosition()))
      throw wire::malformed{where() + "cut short"};
    if (!entry.ParseFromArray(bytes.data() + in.CurrentPosition(), static_cast<int>(size)))
      throw wire::malformed{where() + "malformed"};
    try {
      out.push_back(take(entry));
    } catch (const wire::malformed& e) {
      throw wire::malformed{where() + e.what()};
    }
    in.Skip(static_cast<int>(size));
  }
  if (!in.ConsumedEntireMessage())
    throw wire::malformed{"malformed"};
  if (out.empty())
    throw wire::malformed{"no envelopes"};
}

} // namespace

std::uint32_t common_protocol(const hello& a, const hello& b) noexcept {
  const auto newest = std::min(a.newest_protocol, b.newest_protocol);
  return newest >= std::max(a.oldest_protocol, b.oldest_protocol) ? newest : 0;
}

std::size_t append_envelope(std::string& batch, envelope x, std::size_t most) {
  v1::Envelope m;
  put(std::move(x), m);
  const auto size = m.ByteSizeLong();
  if (size > most_bytes)
    return 0;
  const auto header = 1 + CodedOutputStream::VarintSize32(static_cast<std::uint32_t>(size));
  if (header + size > most)
    return 0;
  const auto before = batch.size();
  batch.resize(before + header + size);
  auto* to = reinterpret_cast<std::uint8_t*>(batch.data() + before);
  *to++ = static_cast<std::uint8_t>(entry_tag);
  to = CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(size), to);
  m.SerializeWithCachedSizesToArray(to);
  return header + size;
}

std::string encode_batch(const envelope_batch& x) {
  std::string out;
  for (const auto& e : x)
    append_envelope(out, e, most_bytes);
  return out;
}

std::string encode_hello(const hello& x) {
  v1::Hello m;
  m.set_oldest_protocol(x.oldest_protocol);
  m.set_newest_protocol(x.newest_protocol);
  m.set_node(x.node);
  m.set_incarnation(x.incarnation);
  m.set_region(x.region);
  m.set_version(x.version);
  m.set_frame_max_bytes(x.frame_max_bytes);
  return serialized(m);
}

std::string encode_goodbye(const goodbye& x) {
  v1::Goodbye m;
  m.set_why(x.why.substr(0, max_goodbye_bytes));
  return serialized(m);
}

decoded<envelope_batch> decode_batch(std::string_view bytes) {
  decoded<envelope_batch> out;
  if (bytes.size() > most_bytes) {
    out.error = "batch: larger than 2 GiB";
    return out;
  }
  try {
    take_entries(bytes, out.value.emplace());
  } catch (const wire::malformed& e) {
    out.value.reset();
    out.error = std::string{"batch: "} + e.what();
  }
  return out;
}

decoded<hello> decode_hello(std::string_view bytes) {
  return read<hello, v1::Hello>(bytes, "hello");
}

decoded<goodbye> decode_goodbye(std::string_view bytes) {
  return read<goodbye, v1::Goodbye>(bytes, "goodbye");
}

} // namespace troupe
