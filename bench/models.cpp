#include "bench/benches.hpp"
#include "bench/report.hpp"
#include "nodes/sim_llm/server.hpp"
#include "src/models/model_port.hpp"
#include "src/models/protocol.hpp"

#include <curl/curl.h>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

namespace troupe::bench {

namespace {

constexpr int calls = 400;
constexpr int rounds = 7;

model_request question(int number) {
  model_request what;
  what.model = "m";
  what.messages = {{chat_role::system, std::string(1500, 'i'), {}, {}},
                   {chat_role::user, "Question " + std::to_string(number), {}, {}}};
  return what;
}

std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

/// The same bytes by libcurl alone: one handle that keeps its connection, the answer thrown away.
struct plain_curl {
  plain_curl() {
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  }
  ~plain_curl() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
  }
  void send(const tools::http_request& what) {
    curl_easy_setopt(easy, CURLOPT_URL, what.url.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(what.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, what.body.c_str());
    if (curl_easy_perform(easy) != CURLE_OK)
      throw std::runtime_error{"the simulated provider does not answer"};
  }
  CURL* easy = curl_easy_init();
  curl_slist* headers = nullptr;
};

template <class F>
double microseconds_each(F once) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i)
    once(i);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  return took.count() / calls;
}

} // namespace

/// A streamed answer of a simulated model, from asking to having read it, one after the other. The
/// floor is libcurl with the same bytes and nobody who reads the answer.
void provider_overhead() {
  sim_llm::server provider{sim_llm::settings{}};
  provider.start();
  provider_spec p;
  p.name = "p";
  p.url = "http://127.0.0.1:" + std::to_string(provider.port()) + "/v1";
  model_spec m;
  m.name = "m";
  m.provider = "p";
  m.model = "sim-small";
  const auto port =
      models::make_model_port(std::shared_ptr<tools::http_port>{tools::make_http_port()}, {p}, {m});
  plain_curl plain;
  const auto ours = [&](int i) {
    std::promise<model_reply> done;
    auto heard = done.get_future();
    port->send(question(i), [&done](model_reply x) { done.set_value(std::move(x)); });
    if (!heard.get().ok())
      throw std::runtime_error{"the simulated model does not answer"};
  };
  const auto bare = [&](int i) { plain.send(models::to_http(question(i), m, p)); };
  std::vector<double> value, floor;
  for (int r = 0; r < rounds; ++r) {
    value.push_back(microseconds_each(ours));
    floor.push_back(microseconds_each(bare));
  }
  report("provider_overhead", median(value), "us/call", median(floor),
         "streamed answers of a simulated model on the loopback, one in flight, median of " +
             std::to_string(rounds) + " rounds of " + std::to_string(calls) + " calls each way");
}

} // namespace troupe::bench
