#include "nodes/cli/http_client.hpp"

#include <curl/curl.h>

#include <memory>
#include <stdexcept>

namespace troupe::cli {

namespace {

struct handle_deleter {
  void operator()(CURL* x) const noexcept { curl_easy_cleanup(x); }
  void operator()(curl_slist* x) const noexcept { curl_slist_free_all(x); }
};

struct transfer {
  CURL* handle;
  const http_call& call;
  http_answer& answer;
  bool wanted_no_more = false;
  bool too_large = false;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* to) {
  auto& t = *static_cast<transfer*>(to);
  const std::string_view piece{data, size * count};
  long status = 0;
  curl_easy_getinfo(t.handle, CURLINFO_RESPONSE_CODE, &status);
  if (t.call.on_data && status >= 200 && status < 300) {
    t.wanted_no_more = !t.call.on_data(piece);
    return t.wanted_no_more ? 0 : piece.size();
  }
  t.too_large = t.answer.body.size() + piece.size() > http_call::body_max_bytes;
  if (t.too_large)
    return 0;
  t.answer.body += piece;
  return piece.size();
}

void require(CURLcode code) {
  if (code != CURLE_OK)
    throw std::runtime_error{std::string{"cannot prepare the request: "} +
                             curl_easy_strerror(code)};
}

} // namespace

http_answer send(const http_call& what) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  require(ready);
  const std::unique_ptr<CURL, handle_deleter> handle{curl_easy_init()};
  if (!handle)
    throw std::runtime_error{"cannot prepare the request: out of memory"};
  std::unique_ptr<curl_slist, handle_deleter> headers;
  const auto header = [&](const std::string& line) {
    auto* longer = curl_slist_append(headers.get(), line.c_str());
    if (!longer)
      throw std::runtime_error{"cannot prepare the request: out of memory"};
    static_cast<void>(headers.release());
    headers.reset(longer);
  };
  http_answer out;
  transfer t{handle.get(), what, out};
  char detail[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) {
    require(curl_easy_setopt(handle.get(), option, value));
  };
  set(CURLOPT_ERRORBUFFER, detail);
  set(CURLOPT_URL, what.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  if (!what.authority.empty())
    set(CURLOPT_CAINFO, what.authority.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(http_call::connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(what.deadline.count()));
  set(CURLOPT_WRITEFUNCTION, &take);
  set(CURLOPT_WRITEDATA, &t);
  if (what.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, what.method.c_str());
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(what.body.size()));
    set(CURLOPT_POSTFIELDS, what.body.c_str());
    header("Content-Type: application/json");
    header("Expect:");
  }
  for (const auto& [name, value] : what.headers)
    header(name + ": " + value);
  set(CURLOPT_HTTPHEADER, headers.get());
  const auto code = curl_easy_perform(handle.get());
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK || t.wanted_no_more) {
    out.status = status;
    return out;
  }
  out.never_sent = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
                   code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
  out.problem = t.too_large ? "the answer is too large" : detail;
  if (out.problem.empty())
    out.problem = curl_easy_strerror(code);
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || c == '-' ||
        c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += digits[u >> 4];
      out += digits[u & 15];
    }
  }
  return out;
}

} // namespace troupe::cli
