#pragma once

#include "nodes/doors/access.hpp"
#include "nodes/doors/guarded_client.hpp"
#include "src/store/api_keys.hpp"
#include "src/store/audit.hpp"
#include "tests/nodes/door_kit.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

inline timestamp wall() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

/// A door in front of a fake node, with a store of keys.
struct guarded_door {
  fake_client node;
  std::shared_ptr<key_ring> ring = std::make_shared<key_ring>();
  std::mutex guard;
  std::unique_ptr<store> kept = make_memory_store();
  std::atomic<bool> disk_full{false};
  std::mutex counted_guard;
  std::map<std::string, int> counted;
  std::unique_ptr<http_server> server;

  explicit guarded_door(bool always = false) {
    ring->read(*kept);
    api_settings more;
    more.access.keys = ring;
    more.access.always = always;
    more.access.node = "n1";
    more.access.count = [this](std::string_view why) {
      const std::lock_guard hold{counted_guard};
      ++counted[std::string{why}];
    };
    more.access.write = [this](const std::vector<store_write>& what, const auto& then) {
      if (disk_full) {
        then("the disk is full");
        return true;
      }
      {
        const std::lock_guard hold{guard};
        kept->apply(what);
        ring->read(*kept);
      }
      then("");
      return true;
    };
    more.read_audit = [this](std::uint64_t after, std::size_t most, const auto& then) {
      const std::lock_guard hold{guard};
      then(kept->audit(after, most));
      return true;
    };
    node.search_logs = [](const json& query) {
      json out = json::array();
      for (std::size_t i = 0; i < 3000; ++i)
        out.push_back({{"message", std::to_string(i)},
                       {"domain", i % 3 == 0   ? "support"
                                  : i % 3 == 1 ? "sales"
                                               : ""}});
      const auto within = query.value("within", domain_scope{});
      json found = json::array();
      for (auto& line : out)
        if (is_within(line["domain"].get<std::string>(), within) &&
            found.size() < query["limit"].get<std::size_t>())
          found.push_back(std::move(line));
      return found;
    };
    server = std::make_unique<http_server>(http_settings{}, make_api(node, std::move(more)));
    server->start();
  }

  /// Makes a key; the text that its bearer shows.
  std::string key(const std::vector<std::string>& allow, timestamp expires = timestamp::max()) {
    api_key k;
    k.name = "test";
    k.team = "team";
    k.made = wall() - std::chrono::hours{1};
    k.expires = expires;
    for (const auto& a : allow)
      k.grants.push_back(parse_grant(a).value());
    auto out = make_key(k);
    const std::lock_guard hold{guard};
    kept->apply(std::vector{key_write(k)});
    ring->read(*kept);
    return out;
  }
  void revoke(const std::string& text) {
    const std::lock_guard hold{guard};
    kept->apply(std::vector{revocation_write(read_key(text)->id, wall())});
    ring->read(*kept);
  }
  /// What the door makes of a key that it lets in.
  pass_ptr pass(const std::string& text) {
    return std::make_shared<const access_pass>(ring,
                                               ring->seen()->at(std::string{read_key(text)->id}));
  }
  raw_client::answer ask(const std::string& text) {
    raw_client c{server->port()};
    return c.ask(text);
  }
  int count(const std::string& why) {
    const std::lock_guard hold{counted_guard};
    return counted[why];
  }
  std::vector<json> records(const std::string& what) {
    const std::lock_guard hold{guard};
    std::vector<json> out;
    for (const auto& row : kept->audit(0, 10000))
      if (auto x = json::parse(row.body); x["what"] == what)
        out.push_back(std::move(x));
    return out;
  }
  /// A task of a domain, as `t<n>`.
  std::string task_in(const std::string& domain) {
    std::string out;
    task_handlers h;
    h.accepted = [&](const task_accepted& a) { out = a.id; };
    h.ended = [](const task_record_ptr&) {};
    task_request r;
    r.domain = domain;
    r.text = "hello";
    node.submit(r, h);
    return out;
  }
};

inline std::string bearer(const std::string& key) {
  return "Authorization: Bearer " + key + "\r\n";
}

} // namespace troupe::test
