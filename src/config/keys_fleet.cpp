#include "src/config/make_shape.hpp"

#include <troupe/effects.hpp>

namespace troupe::config {

namespace {

using namespace make;

const record& node_keys() {
  static const record r{
      "node",
      "This process among the others.",
      {{"id", text(text_rule::name), "name of the node, unique in the cluster", "local"},
       {"region", text(text_rule::name), "where it runs", "local"},
       {"labels", list(text(text_rule::label)),
        "what it offers to agents: NAME, NAME=VALUE, or NAME=AMOUNT with a whole number", "[]"}}};
  return r;
}

const record& return_keys() {
  static const record r{"return",
                        "When a region that is back works for its own sessions again.",
                        {{"after",
                          duration(1 * second, 30 * day),
                          "it has been there without a break for so long",
                          {},
                          true}}};
  return r;
}

const record& regions_keys() {
  static const record r{
      "regions",
      "Where sessions may be at home, and who stands in. New regions go to the end, and none is "
      "ever taken out.",
      {{"backups",
        map(text_rule::name, list(text(text_rule::name))),
        "every region with those that work on its sessions when it is gone, the first one first",
        {},
        true},
       {"return", fields_or(return_keys, one_of({"manual"})),
        "`manual`: when `troupe regions return` says so; or `after`", "{after: 1m}"}}};
  return r;
}

const record& door_keys() {
  static const record r{
      "door",
      "The HTTP doors.",
      {{"host", text(text_rule::filled), "address to listen on", "127.0.0.1"},
       {"port", integer(0, 65535), "port to listen on; 0 takes a free one", "7420"},
       {"body_max", size(1024, 64 << 20), "the largest request body", "1MiB"},
       {"connections_max", integer(1, 1000000), "connections at the same time", "4096"},
       {"header_timeout", duration(), "how long the head of a request may take", "5s"},
       {"body_timeout", duration(), "how long the body of a request may take", "10s"},
       {"wait_max", duration(1 * ms, 1 * day), "the longest `?wait=` that a client may ask for",
        "2m"},
       {"push_hosts", list(text(text_rule::label)),
        "hosts, with those below them, that agents of others may have notifications of their tasks "
        "sent to, by https, or by http on this machine",
        "[]"}}};
  return r;
}

const record& log_keys() {
  static const record r{
      "log",
      "What is logged, and for how long it is kept.",
      {{"level", one_of({"trace", "debug", "info", "warn", "error", "critical", "off"}),
        "the least important lines that are written", "info"},
       {"keep", duration(1 * day, 3650 * day), "how long lines are kept, in whole days", "30d"},
       {"max_size", size(1 << 20, 1e15),
        "the oldest lines go when the searchable log is larger; without it the disk is the "
        "limit"}}};
  return r;
}

const record& history_keys() {
  static const record r{
      "history",
      "How long tasks that have ended, idle sessions and the effect ledger are kept.",
      {{"keep", duration(1 * day, 3650 * day), "for so long after the end, in whole days", "30d"},
       {"max_size", size(1 << 20, 1e15),
        "the oldest that has ended goes when the store is larger, but nothing of the last 24 "
        "hours; without it the disk is the limit"}}};
  return r;
}

const record& service_keys() {
  static const record r{
      "service",
      "A process that the fleet keeps running because its agents need it.",
      {{"name", text(text_rule::name), "unique among the services", {}, true},
       {"command", list(text(), 1), "program and arguments; runs in the fleet's folder", {}, true},
       {"environment", map(text_rule::filled, text()),
        "variables set for it beside PATH, TROUPE_DATA_DIR and TROUPE_FLEET_DIR; nothing else is "
        "inherited",
        "{}"},
       {"ready", text(text_rule::url),
        "a URL that answers a GET with 2xx when it is ready: until then the node takes up no task "
        "that was interrupted, and does not join its cluster"},
       {"ready_within", duration(1 * ms, 10 * minute),
        "after the node's start; then it is not waited for any more", "10s"}}};
  return r;
}

const record& mcp_server_keys() {
  static const record r{
      "MCP server",
      "A server of the Model Context Protocol whose tools agents use: a program, or a URL.",
      {{"command", list(text(), 1), "program and arguments; runs in the fleet's folder"},
       {"environment", map(text_rule::filled, text()),
        "variables set for it beside PATH, TROUPE_DATA_DIR and TROUPE_FLEET_DIR; nothing else is "
        "inherited",
        "{}"},
       {"url", text(text_rule::url), "where it is, for streamable HTTP"},
       {"headers", map(text_rule::name, text(text_rule::header)), "sent with each request", "{}"},
       {"tools", list(text(text_rule::filled)), "the only tools that are used", "all"},
       {"effects", word<effects>(), "what a repeated call of a tool may do to the world outside",
        "unsafe"},
       {"each", map(text_rule::filled, word<effects>()), "the same for single tools", "{}"},
       {"questions", one_of({"decline", "defaults"}),
        "what is answered when it wants to ask a person: no, or the defaults that it names",
        "decline"}},
      {},
      {"command", "url"}};
  return r;
}

const record& silence_keys() {
  static const record r{
      "silence",
      "What counts as the answer when nobody answers in time.",
      {{"text", text(), "the answer", "empty"},
       {"data", object(), "structured part of the answer; `nobody_answered: true` is added to it",
        "none"}},
      {},
      {"text", "data"}};
  return r;
}

const record& human_queue_keys() {
  static const record r{
      "human queue",
      "A queue of questions to people.",
      {{"answer_timeout", duration(), "how long a question waits for its answer", "24h"},
       {"when_silent", fields(silence_keys), "the answer that counts when nobody answers in time",
        "denied: the step fails"},
       {"claim_lease", duration(), "how long a question stays with the person who took it",
        "15m"}}};
  return r;
}

} // namespace

const record& fleet_keys() {
  static const record r{
      "fleet.yaml",
      "The fleet as a whole.",
      {{"fleet", text(text_rule::name), "name of the fleet", {}, true},
       {"entry",
        text(text_rule::path),
        "path of the domain that takes tasks which name none",
        {},
        true},
       {"node", fields(node_keys), "this process among the others", "{}"},
       {"shards", integer(1, 256), "orchestrators per domain and home region", "8"},
       {"regions", fields(regions_keys), "where sessions may be at home; without it, anywhere",
        "none"},
       {"data", text(text_rule::filled),
        "folder for everything that is stored, relative to the fleet's folder", "troupe-data"},
       {"door", fields(door_keys), "the HTTP doors", "{}"},
       {"log", fields(log_keys), "logging", "{}"},
       {"history", fields(history_keys), "how long what has ended is kept", "{}"},
       {"remembered_tasks", integer(0, 10000000),
        "finished tasks that a domain keeps in memory; fewer when they take more than 64 KiB on "
        "average",
        "500"},
       {"plugins", list(text(text_rule::filled)), "shared libraries with native agents", "[]"},
       {"services", list(fields(service_keys)), "processes that the fleet keeps running", "[]"},
       {"mcp", map(text_rule::name, fields(mcp_server_keys)),
        "servers of the Model Context Protocol, by name", "{}"},
       {"humans", map(text_rule::name, fields(human_queue_keys)), "queues of people, by name",
        "{}"},
       {"providers", map(text_rule::name, fields(provider_keys)),
        "servers of language models, by name", "{}"},
       {"models", map(text_rule::name, fields(model_keys)), "language models, by name", "{}"},
       {"vectors", fields(vectors_keys),
        "where sentence vectors come from; without it, each node learns them", "learned"},
       {"cache", fields(cache_keys), "answers of models that are given again", "{}"},
       {"budgets", fields(fleet_budgets_keys), "limits on what is spent on models", "none"}}};
  return r;
}

} // namespace troupe::config
