#pragma once

#include "src/mcp/client.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::mcp {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A server in the test's hands: it greets by itself, and answers the rest as it is told.
struct fake_server {
  struct wire final : channel {
    fake_server& of;
    channel_ears ears;
    wire(fake_server& s, channel_ears e)
        : of(s)
        , ears(std::move(e)) {}
    void send(std::string text, std::uint64_t id, milliseconds) override {
      const auto m = json::parse(text);
      {
        const std::lock_guard hold{of.mutex};
        of.got.push_back(m);
        of.changed.notify_all();
      }
      const auto method = m.value("method", std::string{});
      if (method == "initialize")
        reply(m["id"], {{"protocolVersion", of.revision},
                        {"capabilities", {{"tools", json::object()}}},
                        {"serverInfo", {{"name", "fake"}, {"version", "1"}}}});
      else if (method == "tools/list" && of.silent)
        return;
      else if (method == "tools/list" && m["params"].value("cursor", "") == "")
        reply(m["id"], {{"tools", of.first_page}, {"nextCursor", "2"}});
      else if (method == "tools/list")
        reply(m["id"], {{"tools", json::array()}});
      else if (method == "tools/call" && of.when_called)
        of.when_called(*this, id);
    }
    void reply(const json& id, json result) { ears.message(result_text(id, std::move(result))); }
    void agreed(std::string x) override { of.agreed_on = std::move(x); }
    void forget(std::uint64_t) override {}
  };

  client::open_fn opener() {
    return [this](channel_ears ears) {
      auto x = std::make_shared<wire>(*this, std::move(ears));
      const std::lock_guard hold{mutex};
      last = x;
      ++opened;
      changed.notify_all();
      return x;
    };
  }
  /// The last message with this method, waited for.
  json wait_for(const std::string& method) {
    std::unique_lock hold{mutex};
    json found;
    changed.wait_for(hold, seconds{10}, [&] {
      for (const auto& m : got)
        if (m.value("method", std::string{}) == method)
          found = m;
      return !found.is_null();
    });
    return found;
  }
  /// How many messages with this method there have been, once there are `least`.
  std::size_t count(const std::string& method, std::size_t least = 0) {
    std::unique_lock hold{mutex};
    std::size_t n = 0;
    changed.wait_for(hold, seconds{10}, [&] {
      n = 0;
      for (const auto& m : got)
        n += m.value("method", std::string{}) == method ? 1 : 0;
      return n >= least;
    });
    return n;
  }
  void say_that_tools_have_changed() {
    line()->ears.message(notification_text("notifications/tools/list_changed", nullptr));
  }
  std::shared_ptr<wire> line() {
    const std::lock_guard hold{mutex};
    return last;
  }

  std::string revision = "2025-11-25";
  json first_page = json::parse(
      R"([{"name":"files/read","description":"Reads.","inputSchema":{"type":"object"}},
          {"name":"","inputSchema":{}},{"name":"broken"}])");
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<json> got;
  std::string agreed_on;
  std::function<void(wire&, std::uint64_t id)> when_called;
  std::atomic<bool> silent{false}; ///< lists of tools are answered by the test
  std::shared_ptr<wire> last;
  int opened = 0;
};

inline client_settings fast() {
  client_settings out;
  out.backoff_min = out.backoff_max = out.relist_pause = milliseconds{1};
  return out;
}

} // namespace troupe::mcp
