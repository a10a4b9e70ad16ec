#include "src/tools/http_exchange.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace troupe::tools {
namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) ||
           marks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos)
    return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

std::string why_not_url(const std::string& url) {
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
    return "the URL contains blanks or control characters";
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), &curl_url_cleanup};
  if (const auto code =
          curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME))
    return std::string{"the URL is malformed: "} + curl_url_strerror(code);
  char* scheme = nullptr;
  if (const auto code = curl_url_get(parsed.get(), CURLUPART_SCHEME, &scheme, 0))
    return std::string{"the URL is malformed: "} + curl_url_strerror(code);
  const std::string name = scheme;
  curl_free(scheme);
  if (name != "http" && name != "https")
    return "the scheme '" + name + "' is neither http nor https";
  return {};
}

long milliseconds(std::chrono::milliseconds wait) {
  // To libcurl 0 means its own default or no limit at all, so nothing shorter than 1 is ever
  // passed.
  return static_cast<long>(std::clamp<std::int64_t>(wait.count(), 1, std::int64_t{1} << 30));
}

} // namespace

std::string why_not(const http_request& request) {
  if (!is_token(request.method) || request.method == "CONNECT")
    return "'" + request.method + "' is no method that can be sent";
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name))
      return "'" + name + "' is no header name";
    if (value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
      return "the header '" + name + "' contains a line break or a NUL byte";
    const auto known = lower(name);
    if (known == "content-length" || known == "transfer-encoding")
      return "the header '" + name + "' follows from the body and cannot be given";
  }
  return why_not_url(request.url);
}

http_exchange::http_exchange(std::uint64_t id, http_request request, steady::time_point deadline,
                             const http_limits& limits)
    : id_{id}
    , request_{std::move(request)}
    , deadline_{deadline}
    , headers_max_bytes_{limits.headers_max_bytes}
    , easy_{curl_easy_init()} {
  if (!easy_)
    throw std::runtime_error{"libcurl has no memory left"};
  if (request_.first_byte_timeout.count() > 0)
    first_byte_by_ = in(request_.first_byte_timeout);
  CURL* easy = handle();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<void*>(this));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, limits.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request_.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(until(deadline_)));
  // A name that does not resolve is given up without waiting for the resolver's own thread to
  // notice: that wait would stand in the way of every other request.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &http_exchange::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &http_exchange::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set_method();
  set_headers();
}

void http_exchange::set_method() {
  CURL* easy = handle();
  const auto& method = request_.method;
  const bool bodiless = request_.body.empty();
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (bodiless && method != "POST" && method != "PUT" && method != "PATCH") {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
}

void http_exchange::set_headers() {
  bool typed = false;
  for (const auto& [name, value] : request_.headers) {
    typed = typed || lower(name) == "content-type";
    // libcurl takes "name:" as the wish to send no such header, and "name;" as one without a value.
    add_header(trimmed(value).empty() ? name + ";" : name + ": " + value);
  }
  if (!typed)
    add_header("Content-Type:");
  // Waiting for "100 Continue" costs a round trip, or a whole second with servers that do not know
  // it.
  add_header("Expect:");
  curl_easy_setopt(handle(), CURLOPT_HTTPHEADER, headers_.get());
}

void http_exchange::add_header(const std::string& line) {
  curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr)
    throw std::runtime_error{"libcurl has no memory left"};
  // The list starts where it did, unless this was its first line.
  static_cast<void>(headers_.release());
  headers_.reset(longer);
}

std::size_t http_exchange::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > headers_max_bytes_) {
    too_large_ = "the headers of the response are too long";
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    response_.headers.clear(); // What came before was an interim response.
    return line.size();
  }
  if (const auto colon = line.find(':'); colon != std::string_view::npos && colon > 0)
    response_.headers.emplace_back(lower(trimmed(line.substr(0, colon))),
                                   trimmed(line.substr(colon + 1)));
  return line.size();
}

std::size_t http_exchange::take_body(std::string_view bytes) {
  const auto fitting = bytes.substr(0, request_.body_max_bytes - body_bytes_);
  body_bytes_ += fitting.size();
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  if (!request_.on_body || status < 200 || status > 299)
    response_.body.append(fitting);
  else if (!hand_on(fitting))
    return 0;
  if (fitting.size() == bytes.size())
    return bytes.size();
  too_large_ = "the body of the response is too long";
  return 0;
}

bool http_exchange::hand_on(std::string_view bytes) {
  try {
    given_up_ = !request_.on_body(bytes);
  } catch (const std::exception&) {
    given_up_ = true;
  }
  return !given_up_;
}

bool http_exchange::connected() const noexcept {
  curl_off_t ready = 0;
  curl_easy_getinfo(handle(), CURLINFO_PRETRANSFER_TIME_T, &ready);
  return ready != 0;
}

http_response::error http_exchange::judge(CURLcode verdict) const {
  if (too_large_ != nullptr)
    return http_response::error::too_large;
  if (given_up_)
    return http_response::error::protocol;
  switch (verdict) {
  case CURLE_OK:
    return http_response::error::none;
  case CURLE_OPERATION_TIMEDOUT:
    // libcurl has one verdict for both limits. If the whole deadline is not over, it was the
    // connecting.
    return !connected() && steady::now() < deadline_ ? http_response::error::cannot_connect
                                                     : http_response::error::timeout;
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_COULDNT_CONNECT:
  case CURLE_PROXY:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CACERT_BADFILE:
    return http_response::error::cannot_connect;
  default:
    return http_response::error::protocol;
  }
}

http_response http_exchange::finish(CURLcode verdict) {
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  response_.failed = judge(verdict);
  response_.unsent = response_.failed != http_response::error::none && !connected();
  if (too_large_ != nullptr)
    response_.detail = too_large_;
  else if (given_up_)
    response_.detail = "the body is not what was expected";
  else if (response_.failed != http_response::error::none)
    response_.detail = message_[0] != '\0' ? message_.data() : curl_easy_strerror(verdict);
  return std::move(response_);
}

std::size_t http_exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<http_exchange*>(self)->take_header({data, size * count});
}

std::size_t http_exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<http_exchange*>(self)->take_body({data, size * count});
}

} // namespace troupe::tools
