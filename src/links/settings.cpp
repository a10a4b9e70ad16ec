#include "src/links/settings.hpp"

#include "src/wire/frames.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace troupe::links {

namespace {

constexpr std::size_t node_id_max_bytes = 64; ///< X.509 allows no longer common name

bool is_alnum(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

bool is_node_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= node_id_max_bytes && is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; });
}

bool is_loopback(const std::string& host) {
  if (host == "localhost")
    return true;
  boost::system::error_code e;
  const auto address = boost::asio::ip::make_address(host, e);
  return !e && address.is_loopback();
}

host_and_port split_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return {};
  host_and_port out;
  const auto digits = text.substr(colon + 1);
  const auto* end = digits.data() + digits.size();
  if (const auto [at, e] = std::from_chars(digits.data(), end, out.port);
      e != std::errc{} || at != end || out.port == 0)
    return {};
  auto host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find_first_of(":[]") != std::string_view::npos)
    return {};
  out.host = host;
  return out;
}

std::vector<std::string> link_settings::validate() const {
  std::vector<std::string> out;
  const auto demand = [&](bool holds, const char* otherwise) {
    if (!holds)
      out.emplace_back(otherwise);
  };
  demand(is_node_id(node), "node must be letters, digits, _, - and ., at most 64 of them, the "
                           "first a letter or a digit");
  demand(region.size() <= max_hello_text_bytes, "region is too long");
  demand(version.size() <= max_hello_text_bytes, "version is too long");
  boost::system::error_code e;
  boost::asio::ip::make_address(host, e);
  demand(!e || host == "localhost", "host must be a numeric address or localhost");
  for (const auto& [to, way] : ways)
    demand(is_node_id(to) && !split_address(way).host.empty(),
           "ways must lead from nodes' ids to HOST:PORT");
  if (plaintext) {
    demand(is_loopback(host), "plaintext is for loopback addresses only: without TLS nobody proves "
                              "who they are");
    demand(certificate.empty() && key.empty() && authority.empty(),
           "plaintext and certificates exclude each other");
  } else {
    demand(!certificate.empty(), "certificate is missing");
    demand(!key.empty(), "key is missing");
    demand(!authority.empty(), "authority is missing");
  }
  demand(frame_max_bytes >= 4096 && frame_max_bytes <= 1u << 30,
         "frame_max_bytes must be between 4 KiB and 1 GiB");
  demand(gather_bytes >= 1, "gather_bytes must be at least 1");
  demand(outbox_max_bytes >= frame_max_bytes, "outbox_max_bytes must hold at least one frame");
  demand(unhandled_max >= 1, "unhandled_max must be at least 1");
  demand(unproven_max >= 1, "unproven_max must be at least 1");
  demand(hello_timeout > milliseconds{0}, "hello_timeout must be more than nothing");
  demand(heartbeat >= milliseconds{5}, "heartbeat must be at least 5 ms");
  demand(heartbeats_missed >= 2, "heartbeats_missed must be at least 2");
  demand(min_backoff >= milliseconds{1} && max_backoff >= min_backoff,
         "min_backoff must be at least 1 ms, and max_backoff no less than it");
  demand(farewell >= milliseconds{0}, "farewell cannot be negative");
  return out;
}

} // namespace troupe::links
