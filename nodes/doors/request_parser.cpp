#include "nodes/doors/request_parser.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace troupe {

namespace {

std::string_view view(boost::beast::string_view x) noexcept {
  return {x.data(), x.size()};
}

} // namespace

void request_parser::on_request_impl(verb, text method, text target, int version, error_code&) {
  version_ = version;
  into_.set_request_line(view(method), view(target));
}

void request_parser::on_field_impl(field id, text name, text value, error_code&) {
  if (id == field::expect && boost::beast::iequals(value, "100-continue"))
    expects_continue_ = true;
  into_.add_header(view(name), view(value));
}

void request_parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  // A length is only announced: memory is taken as bytes arrive, so that an announcement costs
  // nothing.
  if (length)
    into_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 64u << 10)));
}

std::size_t request_parser::on_body_impl(text piece, error_code&) {
  into_.body.append(piece.data(), piece.size());
  return piece.size();
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, text piece, error_code&) {
  into_.body.append(piece.data(), piece.size());
  return piece.size();
}

parse_refusal refusal_of(const boost::beast::error_code& e) {
  namespace http = boost::beast::http;
  if (e == http::error::body_limit)
    return {413, "too_large", "Too large", "the body is larger than this server takes"};
  if (e == http::error::header_limit || e == http::error::buffer_overflow)
    return {431, "header_too_large", "Header too large",
            "the header is larger than this server takes"};
  if (e == http::error::bad_version)
    return {505, "http_version", "HTTP version not supported",
            "this server speaks HTTP/1.0 and HTTP/1.1"};
  return {400, "malformed_request", "Malformed request", "this is not HTTP/1.1: " + e.message()};
}

} // namespace troupe
