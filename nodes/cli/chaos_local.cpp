#include "nodes/cli/chaos_garbage.hpp"
#include "nodes/cli/chaos_target.hpp"
#include "nodes/cli/exit_code.hpp"
#include "nodes/local/cluster_folder.hpp"
#include "nodes/local/control.hpp"

#include <troupe/json.hpp>

#include <mutex>

namespace troupe::cli {

namespace {

class local_cluster_target final : public chaos_target {
 public:
  explicit local_cluster_target(std::filesystem::path folder)
      : folder_(std::move(folder)) {
    const auto now = state();
    store_ = now.value("storeAddress", "");
    schema_ = now.value("schema", "");
    own_store_ = now.value("ownStore", false);
    for (const auto& n : now["nodes"])
      nodes_.push_back(n.value("id", ""));
  }

  [[nodiscard]] std::vector<std::string> nodes() const override { return nodes_; }

  [[nodiscard]] std::vector<std::string> doors() const override {
    std::vector<std::string> out;
    const auto now = state();
    for (const auto& n : now["nodes"])
      if (n.value("state", "") == "up" && n.contains("url"))
        out.push_back(n.value("url", ""));
    return out;
  }

  [[nodiscard]] std::string store() const override { return store_; }
  [[nodiscard]] std::string schema() const override { return schema_; }

  [[nodiscard]] std::string cannot(fault what) const override {
    if (what == fault::store && !own_store_)
      return "the store is not the cluster's own";
    if ((what == fault::cut || what == fault::slow) && nodes_.size() < 2)
      return "there is only one node";
    return {};
  }

  [[nodiscard]] std::string strike(const planned_fault& x, std::uint64_t seed) override {
    const auto& node = nodes_.at(x.node);
    json order{{"node", node}, {"for_ms", x.lasts.count()}};
    switch (x.what) {
    case fault::kill:
      order["do"] = "kill";
      return give(order);
    case fault::freeze:
      order["do"] = "freeze";
      return give(order);
    case fault::store:
      order["do"] = "kill_store";
      return give(order);
    case fault::cut:
    case fault::slow:
      order["do"] = to_string(x.what);
      order["delay_ms"] = x.delay.count();
      for (const auto other : x.from) {
        order["from"] = nodes_.at(other);
        if (auto why = give(order); !why.empty())
          return why;
      }
      return {};
    case fault::garbage:
      break;
    }
    const auto now = state();
    for (const auto& n : now["nodes"])
      if (n.value("id", "") == node) {
        const auto sent = send_garbage(n.value("port", std::uint16_t{0}),
                                       n.value("links", std::uint16_t{0}), seed, x.lasts);
        return sent.connections > 0 ? "" : node + " takes no connections";
      }
    return "there is no node " + node;
  }

 private:
  [[nodiscard]] json ask(const json& order) const {
    // One visitor at a time: the parent has room for few.
    const std::lock_guard hold{mutex_};
    try {
      return local::ask_cluster(folder_, order);
    } catch (const local::local_error& e) {
      throw cli_error{exit_unreachable, e.what()};
    }
  }
  [[nodiscard]] json state() const {
    auto out = ask({{"do", "state"}});
    if (!out.contains("nodes") || !out["nodes"].is_array())
      throw cli_error{exit_failed, "the cluster in " + folder_.string() + " gives no account"};
    return out;
  }
  [[nodiscard]] std::string give(const json& order) const {
    const auto said = ask(order);
    return said.value("ok", false) ? "" : said.value("why", "the cluster refused");
  }

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::string store_, schema_;
  bool own_store_ = false;
  std::vector<std::string> nodes_;
};

} // namespace

std::unique_ptr<chaos_target> local_target(const std::filesystem::path& folder) {
  return std::make_unique<local_cluster_target>(folder);
}

} // namespace troupe::cli
