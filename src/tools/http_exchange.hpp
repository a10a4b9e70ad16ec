#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <curl/curl.h>

#include "src/tools/callback.hpp"
#include "src/tools/http.hpp"

namespace troupe::tools {

/// Why a request cannot be sent as it stands; empty when it can. Whatever could smuggle a second
/// request or header into the first, or leave http and https, is refused here.
std::string why_not(const http_request& request);

/// One request on the wire and the response as it comes in. Belongs to the I/O thread. It must be
/// taken out of its multi handle before it dies.
class http_exchange {
 public:
  /// Throws std::runtime_error when libcurl has no memory left.
  http_exchange(std::uint64_t id, http_request, steady::time_point deadline, const http_limits&);
  http_exchange(const http_exchange&) = delete;
  http_exchange& operator=(const http_exchange&) = delete;

  std::uint64_t id() const noexcept { return id_; }
  CURL* handle() const noexcept { return easy_.get(); }

  /// When the first byte of the body must have come; `time_point::max()` when there is no such
  /// limit.
  steady::time_point first_byte_by() const noexcept { return first_byte_by_; }
  /// Whether a byte of the body has come.
  bool begun() const noexcept { return body_bytes_ > 0; }

  /// Whether there has been a connection that the request could go out on. Before `finish` too.
  bool connected() const noexcept;

  /// What came of it, given libcurl's verdict. Once.
  http_response finish(CURLcode verdict);

 private:
  struct easy_cleanup {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct list_cleanup {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  void set_method();
  void set_headers();
  void add_header(const std::string& line);
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  bool hand_on(std::string_view bytes);
  http_response::error judge(CURLcode verdict) const;

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  std::uint64_t id_;
  http_request request_;
  steady::time_point deadline_;
  steady::time_point first_byte_by_ = steady::time_point::max();
  std::size_t headers_max_bytes_;
  std::size_t body_bytes_ = 0;
  bool given_up_ = false; ///< by whoever takes the body
  std::size_t header_bytes_ = 0;
  const char* too_large_ = nullptr;
  http_response response_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  std::unique_ptr<curl_slist, list_cleanup> headers_;
  std::unique_ptr<CURL, easy_cleanup> easy_;
};

} // namespace troupe::tools
