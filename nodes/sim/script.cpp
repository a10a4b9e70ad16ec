#include "nodes/sim/script.hpp"

#include "src/config/check_shape.hpp"
#include "src/config/make_shape.hpp"
#include "src/config/read_text.hpp"
#include "src/config/section.hpp"

#include <memory>
#include <set>

namespace troupe::sim {

namespace {

using namespace config;
using namespace config::make;

const record& customer_keys() {
  static const record r{
      "customer",
      "On whose behalf a task runs.",
      {{"id", make::text(), "who it is"}, {"tier", make::text(), "what they pay for"}}};
  return r;
}

const record& task_keys() {
  static const record r{
      "task",
      "A request to the fleet.",
      {{"text", make::text(), "what the person writes"},
       {"skill", make::text(text_rule::name), "asks for a skill instead of having it found out"},
       {"domain", make::text(text_rule::path), "who takes it", "the fleet's entry"},
       {"session", make::text(), "the conversation it belongs to"},
       {"customer", fields(customer_keys), "on whose behalf it runs"},
       {"data", object(), "structured input"},
       {"key", make::text(), "idempotency key"},
       {"priority", word<priority>(), "how urgent it is"},
       {"durability", word<durability>(), "instead of the domain's"},
       {"timeout", duration(), "instead of the domain's"}},
      {},
      {"text", "skill"}};
  return r;
}

const record& answer_keys() {
  static const record r{
      "answer",
      "What an agent answers.",
      {{"text", make::text(), "of the answer"},
       {"data", object(), "of the answer"},
       {"confidence", number(0, 1), "of the answer", "1"},
       {"fails", word<reason>(), "the answer is a failure with this reason"},
       {"detail", make::text(), "of the failure"},
       {"retry_after", duration(), "the wait that the failing side asks for"},
       {"share", integer(1, 1000000), "how often, compared with the other answers", "1"}}};
  return r;
}

const record& script_keys() {
  static const record r{"sim",
                        "What a simulation is told about a fleet.",
                        {{"tasks", list(fields(task_keys)), "requests that are sent to the fleet"},
                         {"agents", map(text_rule::filled, list(fields(answer_keys), 1)),
                          "answers by agent: `domain/agent` or the agent's name"}}};
  return r;
}

task_request task_of(const yaml_node& node) {
  const section from{&node};
  task_request out;
  from.get("text", out.text);
  from.get("skill", out.skill);
  from.get("domain", out.domain);
  from.get("session", out.context_id);
  from.in("customer").get("id", out.who.id);
  from.in("customer").get("tier", out.who.tier);
  from.get("data", out.data);
  from.get("key", out.idempotency_key);
  if (from.find("priority"))
    from.get("priority", out.urgency.emplace());
  if (from.find("durability"))
    from.get("durability", out.keep.emplace());
  from.get("timeout", out.timeout);
  return out;
}

scripted_answer answer_of(const yaml_node& node) {
  const section from{&node};
  scripted_answer out;
  from.get("text", out.what.text);
  from.get("data", out.what.data);
  from.get("confidence", out.what.confidence);
  from.get("fails", out.what.failed.why);
  from.get("detail", out.what.failed.detail);
  from.get("retry_after", out.what.failed.retry_after);
  from.get("share", out.share);
  return out;
}

void note_names(const std::vector<domain_spec>& from, std::set<std::string, std::less<>>& domains,
                std::map<std::string, bool, std::less<>>& agents) {
  for (const auto& d : from) {
    domains.insert(d.path);
    for (const auto& a : d.agents)
      for (const auto& name : {a.card.name, d.path + "/" + a.card.name})
        agents[name] |= stub_agents::stands_in_for(a.card.kind);
    note_names(d.domains, domains, agents);
  }
}

} // namespace

script read_script(const std::filesystem::path& file, std::vector<diagnostic>& errors) {
  script out;
  const auto name = file.filename().string();
  const auto found = read_text(file);
  if (!found.text) {
    errors.push_back({file.string(), found.line, found.column, {}, found.error});
    return out;
  }
  const auto root = parse_yaml(*found.text, file.string(), errors);
  if (!root)
    return out;
  config::report problems;
  check_file(*root, script_keys(), problems);
  for (auto& e : problems.take_errors())
    errors.push_back(std::move(e));
  if (!errors.empty())
    return out;
  if (const auto* tasks = root->find("tasks"))
    for (const auto& child : tasks->children)
      out.tasks.push_back(task_of(*child));
  if (const auto* agents = root->find("agents"))
    for (const auto& agent : agents->children)
      for (const auto& child : agent->children)
        out.agents[agent->key].push_back(answer_of(*child));
  return out;
}

std::string left_out(const script& x, const fleet_spec& fleet) {
  std::set<std::string, std::less<>> domains{""};
  std::map<std::string, bool, std::less<>> agents; // whether a stub stands in for one of that name
  note_names(fleet.domains, domains, agents);
  for (const auto& task : x.tasks)
    if (!domains.contains(task.domain))
      return "a task is for the domain " + task.domain + ", and there is none of that path";
  for (const auto& [name, answers] : x.agents) {
    const auto hit = agents.find(name);
    if (hit == agents.end())
      return "there are answers for " + name + ", and there is no such agent";
    if (!hit->second)
      return "there are answers for " + name + ", which is no stub but answers as it would";
  }
  return {};
}

stub_answer answers_of(script from) {
  const auto shared = std::make_shared<const script>(std::move(from));
  return [shared](const agent_spec& spec, const agent_call& call, std::uint64_t dice) {
    auto hit = shared->agents.find(spec.card.domain + "/" + spec.card.name);
    if (hit == shared->agents.end())
      hit = shared->agents.find(spec.card.name);
    if (hit == shared->agents.end())
      return plausible_answer(spec, call, dice);
    std::uint64_t all = 0;
    for (const auto& a : hit->second)
      all += a.share;
    auto at = dice % all;
    for (const auto& a : hit->second) {
      if (at < a.share)
        return a.what;
      at -= a.share;
    }
    return hit->second.back().what;
  };
}

} // namespace troupe::sim
