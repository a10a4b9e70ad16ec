#include "src/config/read_specs.hpp"

#include "src/config/section.hpp"

namespace troupe::config {

void read_fleet(const yaml_node& root, fleet_spec& out) {
  const section top{&root};
  top.get("fleet", out.name);
  top.get("entry", out.entry);
  top.get("shards", out.shards);
  top.get("data", out.data_dir);
  top.get("remembered_tasks", out.remembered_tasks);
  top.get("plugins", out.plugins);
  top.in("node").get("id", out.node_id);
  top.in("node").get("region", out.region);
  top.in("node").get("labels", out.node_labels);
  for (const auto* region : top.in("regions").entries("backups")) {
    auto& plan = out.regions.emplace_back();
    plan.name = region->key;
    for (const auto& backup : region->children)
      if (auto name = as_text(*backup))
        plan.backups.push_back(std::move(*name));
  }
  if (const auto* back = top.in("regions").find("return")) {
    if (const auto after = section{back}.find("after"))
      out.region_return = as_duration(*after);
    else
      out.region_return.reset();
  }
  top.in("log").get("level", out.log_level);
  if (const auto* keep = top.in("log").find("keep"))
    if (const auto time = as_duration(*keep))
      out.log_days =
          static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::days>(*time).count());
  top.in("log").get_size("max_size", out.max_log_bytes);

  if (const auto* keep = top.in("history").find("keep"))
    if (const auto time = as_duration(*keep))
      out.task_days =
          static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::days>(*time).count());
  top.in("history").get_size("max_size", out.max_store_bytes);

  const auto door = top.in("door");
  door.get("host", out.door.host);
  door.get("port", out.door.port);
  door.get_size("body_max", out.door.body_max_bytes);
  door.get("connections_max", out.door.connections_max);
  door.get("push_hosts", out.door.push_hosts);
  door.get("header_timeout", out.door.header_timeout);
  door.get("body_timeout", out.door.body_timeout);
  door.get("wait_max", out.door.wait_max);

  if (const auto* services = top.find("services"); services && services->is_list())
    for (const auto& child : services->children) {
      const section from{child.get()};
      auto& service = out.services.emplace_back();
      from.get("name", service.name);
      from.get("command", service.command);
      from.get("environment", service.environment);
      from.get("ready", service.ready);
      from.get("ready_within", service.ready_within);
    }
  read_models(top, out);
  read_budgets(top.in("budgets"), out.budgets);
  for (const auto* entry : top.entries("mcp")) {
    auto& server = out.mcp_servers.emplace_back();
    server.name = entry->key;
    const section from{entry};
    from.get("command", server.command);
    from.get("environment", server.environment);
    from.get("url", server.url);
    from.get("headers", server.headers);
    from.get("tools", server.tools);
    from.get("effects", server.does);
    for (const auto* one : from.entries("each"))
      if (const auto word = as_text(*one))
        if (const auto does = parse_enum<effects>(*word))
          server.each.emplace(one->key, *does);
    std::string questions;
    from.get("questions", questions);
    server.take_defaults = questions == "defaults";
  }
  for (const auto* entry : top.entries("humans")) {
    auto& queue = out.human_queues.emplace_back();
    queue.name = entry->key;
    section{entry}.get("answer_timeout", queue.answer_timeout);
    section{entry}.get("claim_lease", queue.claim_lease);
    if (section{entry}.find("when_silent")) {
      const auto silence = section{entry}.in("when_silent");
      std::string text;
      json data;
      silence.get("text", text);
      silence.get("data", data);
      queue.when_silent = {{"text", std::move(text)}};
      if (data.is_object())
        queue.when_silent["data"] = std::move(data);
    }
  }
}

} // namespace troupe::config
