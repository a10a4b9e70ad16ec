#include "src/wire/frames.hpp"

#include "src/wire/envelope_bytes.hpp"
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
  return {printable(std::move(why)), in.stopping()};
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
    try {
      const auto at = static_cast<std::size_t>(in.CurrentPosition());
      out.push_back(wire::read_envelope(bytes.substr(at, size)));
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

std::size_t envelope_entry_bytes(const envelope& x) noexcept {
  const auto size = wire::envelope_size(x);
  return 1 + CodedOutputStream::VarintSize64(size) + size;
}

std::size_t append_envelope(std::string& batch, const envelope& x, std::size_t most) {
  const auto size = wire::envelope_size(x);
  const auto header = 1 + CodedOutputStream::VarintSize64(size);
  if (size > most_bytes || header + size > most)
    return 0;
  const auto before = batch.size();
  batch.resize(before + header + size);
  auto* to = reinterpret_cast<std::uint8_t*>(batch.data() + before);
  *to++ = static_cast<std::uint8_t>(entry_tag);
  to = CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(size), to);
  wire::write_envelope(x, to);
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
  m.set_stopping(x.stopping);
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
