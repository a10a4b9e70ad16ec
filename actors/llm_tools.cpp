#include "actors/llm_tools.hpp"

#include "policies/deadline.hpp"
#include "policies/llm_talk.hpp"
#include "src/mcp/resources.hpp"
#include "src/mcp/server.hpp"
#include "src/telemetry/log.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string_view>

namespace troupe {

namespace {

constexpr std::size_t tools_max = 1000; // A server may name new ones for ever.

outcome outcome_of(tool_result x) {
  if (!x.ok())
    return outcome::of(std::move(x.failed));
  outcome out;
  out.text = std::move(x.text);
  out.data = std::move(x.data);
  return out;
}

std::shared_ptr<mcp::tool_server> server_of(const fleet_version& version, const std::string& name) {
  const auto hit = version.mcp_servers.find(name);
  if (hit == version.mcp_servers.end())
    throw std::runtime_error{"there is no MCP server '" + name + "'"};
  return hit->second;
}

// What a server has to read is shown as it says it, without being cut again.
static_assert(mcp::resource_words_max <= tool_words_max / 2);

/// Takes secrets out of how a server describes a tool: it may tell what it was started with. False:
/// the tool's own name holds one, and under another name it could not be called.
bool mask_card(tool_card& card, const std::shared_ptr<const redactor>& secrets) {
  if (!secrets)
    return true;
  if (secrets->finds(card.name))
    return false;
  secrets->apply(card.description);
  secrets->apply(card.parameters);
  return true;
}

} // namespace

llm_tools::llm_tools(const parts_ptr& parts, const fleet_version& version, const agent_spec& spec,
                     const llm_settings& settings, screening_ptr screens,
                     caf::event_based_actor* self)
    : parts_(parts)
    , agent_(spec.card.domain + "/" + spec.card.name)
    , does_(spec.card.does)
    , screens_(std::move(screens))
    , self_(self)
    , many_(settings.many_tools) {
  if (!settings.resources.empty()) {
    mcp::resource_tools::servers readable;
    for (const auto& name : settings.resources)
      readable[name] = server_of(version, name);
    sources_.push_back(
        {"the resources", std::make_shared<mcp::resource_tools>(std::move(readable))});
  }
  std::vector<place> whole;
  std::set<std::string_view> named; // Whoever is named twice brings its tools once.
  for (const auto& name : settings.servers) {
    if (!named.insert(name).second)
      continue;
    auto server = server_of(version, name);
    auto& to = server->is_whole() ? whole : sources_;
    to.push_back({"the MCP server " + name, std::move(server)});
  }
  sources_.insert(sources_.end(), whole.begin(), whole.end());
  for (const auto& tool : settings.tools) {
    entry x;
    x.card = tool.card;
    x.skill = tool.skill;
    x.once_per = tool.once_per;
    x.timeout = tool.timeout;
    agent_spec as;
    as.card = spec.card;
    as.card.name = spec.card.name + "." + tool.card.name;
    as.card.kind = tool.kind;
    as.card.does = tool.card.does;
    as.settings = tool.settings;
    as.knowledge = spec.knowledge;
    as.timeout = tool.timeout;
    x.runner = make_runner(parts, version, std::make_shared<const agent_spec>(std::move(as)), self);
    x.takes = compiled(x.card);
    own_.emplace(tool.card.name, std::move(x));
  }
}

llm_tools::~llm_tools() {
  for (const auto& [number, x] : uses_)
    if (x.source)
      x.source->cancel(x.id);
}

llm_tools::schema_ptr llm_tools::compiled(const tool_card& card) const {
  if (!card.parameters.is_object())
    return nullptr;
  try {
    return std::make_shared<const tools::json_schema>(tools::json_schema::compile(card.parameters));
  } catch (const tools::schema_invalid& e) {
    // A schema of somebody else's that we cannot check is still one that the model can follow.
    parts_->log->debug("{}: the schema of tool {} cannot be checked: {}", agent_, card.name,
                       e.what());
    return nullptr;
  }
}

std::vector<tool_card> llm_tools::cards() {
  std::vector<tool_card> out;
  for (const auto& [name, x] : own_)
    out.push_back(x.card);
  others_.clear();
  std::size_t over = 0;
  for (const auto& source : sources_)
    for (auto& tool : source.tools->tools()) {
      entry x;
      x.card = tool->card();
      if (!mask_card(x.card, parts_->secrets) || x.card.does > does_)
        continue;
      if (const auto* first = entry_of(x.card.name)) {
        tell_hidden(*first, source);
        continue;
      }
      const auto& seen = look_at(x.card);
      if (!seen.good)
        continue;
      if (!many_ && out.size() >= tools_most) {
        ++over;
        continue;
      }
      x.source = std::move(tool);
      x.takes = seen.takes;
      x.from = source.name;
      out.push_back(x.card);
      auto name = x.card.name;
      others_.emplace(std::move(name), std::move(x));
    }
  tell_over_limit(over);
  return out;
}

void llm_tools::tell_over_limit(std::size_t count) {
  if (count > 0 && count != over_limit_)
    parts_->log->warn("{}: {} tools of its MCP servers are left out, because models mix up more "
                      "than {}: list those that it needs in fleet.yaml, or say many_tools: true",
                      agent_, count, tools_most);
  over_limit_ = count;
}

void llm_tools::tell_hidden(const entry& first, const place& second) {
  const auto& name = first.card.name;
  if (hidden_told_.size() >= tools_max || !hidden_told_.insert(name + "\n" + second.name).second)
    return;
  parts_->log->warn("{}: two tools are called {}: that of {} is used, that of {} is left out",
                    agent_, name, first.from.empty() ? "the agent itself" : first.from,
                    second.name);
}

const llm_tools::looked_at& llm_tools::look_at(const tool_card& card) {
  const auto hit = looked_at_.find(card.name);
  if (hit != looked_at_.end() && hit->second.description == card.description &&
      hit->second.parameters == card.parameters)
    return hit->second;
  if (looked_at_.size() >= tools_max)
    looked_at_.clear();
  auto& x = looked_at_[card.name];
  x = {card.description, card.parameters, nullptr, true};
  if (screens_) {
    auto seen = screens_->description(card);
    x.good = seen.what.action < screen_action::strip;
    if (!x.good) {
      seen.what.action = screen_action::block;
      left_out_.push_back(std::move(seen));
    }
  }
  if (x.good)
    x.takes = compiled(card);
  return x;
}

const llm_tools::entry* llm_tools::entry_of(const std::string& name) const {
  for (const auto* table : {&own_, &others_})
    if (const auto hit = table->find(name); hit != table->end())
      return &hit->second;
  return nullptr;
}

const tool_card* llm_tools::find(const std::string& name) const {
  const auto* hit = entry_of(name);
  return hit ? &hit->card : nullptr;
}

std::vector<flaw> llm_tools::flaws_in(const std::string& name, const json& arguments) const {
  if (!arguments.is_object())
    return {{"", "type", "the arguments must be one JSON object"}};
  std::vector<flaw> out;
  for (const auto* table : {&own_, &others_})
    if (const auto hit = table->find(name); hit != table->end() && hit->second.takes) {
      for (auto& e : hit->second.takes->validate(arguments))
        out.push_back({std::move(e.pointer), std::move(e.keyword), std::move(e.message)});
      break;
    }
  return out;
}

llm_act llm_tools::act(const std::string& name, const json& arguments,
                       const agent_call& what) const {
  const auto own = own_.find(name);
  const auto& tool = own == own_.end() ? others_.find(name)->second : own->second;
  return act_of(tool.card, skill_of(tool, what), tool.once_per, arguments, what);
}

const std::string& llm_tools::skill_of(const entry& tool, const agent_call& what) noexcept {
  return tool.skill.empty() ? what.skill : tool.skill;
}

outcome_ptr llm_tools::start(std::uint64_t number, const std::string& name,
                             const agent_call_ptr& what, const json& arguments,
                             const std::string& key) {
  const auto now = parts_->now(self_);
  if (const auto own = own_.find(name); own != own_.end()) {
    auto call = std::make_shared<agent_call>(*what);
    call->skill = skill_of(own->second, *what);
    call->input = arguments;
    call->idempotency_key = key;
    call->deadline = std::min(what->deadline, later(now, own->second.timeout));
    auto done = own->second.runner->run(self_, number, call);
    if (done)
      own->second.runner->ended(number);
    else
      uses_[number] = {name, nullptr, 0};
    return done;
  }
  const auto other = others_.find(name);
  const auto to = caf::actor_cast<caf::actor_addr>(self_);
  auto& use = uses_[number];
  use.tool = name;
  use.source = other->second.source;
  use.id = use.source->call(
      {name, arguments, key, left(what->deadline, now)}, [to, number](tool_result x) {
        if (auto agent = caf::actor_cast<caf::actor>(to))
          caf::anon_send(
              agent, runner_ended{number, std::make_shared<const outcome>(outcome_of(std::move(x))),
                                  nullptr});
      });
  return nullptr;
}

bool llm_tools::stop(std::uint64_t number) {
  const auto hit = uses_.find(number);
  if (hit == uses_.end())
    return true;
  if (hit->second.source) {
    hit->second.source->cancel(hit->second.id);
    return true;
  }
  const auto own = own_.find(hit->second.tool);
  return own == own_.end() || own->second.runner->stop(number);
}

void llm_tools::ended(std::uint64_t number) {
  const auto hit = uses_.find(number);
  if (hit == uses_.end())
    return;
  if (const auto own = own_.find(hit->second.tool); own != own_.end() && !hit->second.source)
    own->second.runner->ended(number);
  uses_.erase(hit);
}

} // namespace troupe
