#pragma once

#include "src/tools/http.hpp"

#include <chrono>
#include <future>
#include <string>
#include <utility>

#include <gtest/gtest.h>

// Requests and what comes of them, waited for.
namespace troupe::tools::test {

using namespace std::chrono_literals;

constexpr auto http_patience = 30s;

struct one_response {
  std::promise<http_response> promise;
  std::future<http_response> future = promise.get_future();
  http_port::done_fn done() {
    return [this](http_response r) { promise.set_value(std::move(r)); };
  }
  http_response get() {
    if (future.wait_for(http_patience) != std::future_status::ready) {
      ADD_FAILURE() << "no response";
      return {};
    }
    return future.get();
  }
};

inline http_response send(http_port& port, http_request request) {
  one_response response;
  port.send(std::move(request), response.done());
  return response.get();
}

inline http_request get(std::string url) {
  http_request request;
  request.url = std::move(url);
  request.deadline = http_patience;
  return request;
}

} // namespace troupe::tools::test
