#include "actors/llm_tool_use.hpp"

#include "actors/boundary.hpp"
#include "policies/llm_talk.hpp"

#include <utility>

namespace troupe {

namespace {

constexpr std::size_t calls_at_once = 16; ///< tools that are used for one answer of the model
constexpr const char* clients = "of the client";

std::string not_used(const char* why, const std::vector<flaw>& flaws,
                     reason what = reason::invalid_input) {
  json out{{"error", {{"reason", to_string(what)}, {"detail", why}}}};
  if (!flaws.empty())
    out["error"]["flaws"] = to_json(flaws);
  return as_text(out);
}

} // namespace

llm_tool_use::llm_tool_use(parts_ptr parts, const fleet_version& version, const agent_spec& spec,
                           const llm_settings& settings, const llm_guard& guard,
                           caf::event_based_actor* self)
    : parts_(std::move(parts))
    , guard_(guard)
    , tools_(parts_, version, spec, settings, guard.screens(), self) {}

std::vector<tool_card> llm_tool_use::own(llm_call& t) {
  auto out = tools_.cards();
  for (const auto& x : tools_.left_out())
    guard_.see(t, x);
  return out;
}

void llm_tool_use::offer_clients(const llm_call& t, std::vector<tool_card>& to) const {
  for (const auto& card : t.client.tools)
    if (!tools_.find(card.name))
      to.push_back(card);
}

void llm_tool_use::add_turns(llm_call& t) const {
  for (auto& turn : t.client.turns) {
    if (turn.role == chat_role::tool) {
      outcome x;
      x.text = turn.text;
      guard_.result(t, x, clients);
      turn.text = tool_words(x, clients);
    }
    t.messages.push_back(turn);
  }
}

std::optional<outcome> llm_tool_use::hand_over(llm_call& t,
                                               const std::vector<tool_call>& calls) const {
  std::vector<tool_call> wanted;
  for (const auto& c : calls)
    if (!tools_.find(c.name) && t.client.find(c.name))
      wanted.push_back(c);
  if (wanted.empty())
    return std::nullopt;
  for (auto& c : wanted) {
    t.trail += "tool " + beginning_of(c.name, 40) + " (the client's); ";
    if (auto stopped = guard_.arguments(t, c.arguments, *t.client.find(c.name)))
      return outcome::of(std::move(stopped));
  }
  outcome x;
  x.data = calls_as_data(wanted);
  return x;
}

void llm_tool_use::use(llm_call& t, const std::vector<tool_call>& calls) {
  // Every call gets its message first, in order; the results are put in as they come.
  struct wanted {
    std::size_t place = 0;
    const tool_call* call = nullptr;
    json arguments;
  };
  std::vector<wanted> todo;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& x = calls[i];
    t.messages.push_back({chat_role::tool, {}, {}, x.id});
    auto& said = t.messages.back().text;
    t.trail += "tool " + beginning_of(x.name, 40);
    if (i >= calls_at_once) {
      said = not_used("too many tools at once", {});
      t.trail += " (not used); ";
    } else if (!tools_.find(x.name)) {
      said = not_used("there is no such tool", {});
      t.trail += " (there is none); ";
    } else if (const auto flaws = tools_.flaws_in(x.name, x.arguments); !flaws.empty()) {
      said = not_used("the arguments break the tool's schema", flaws);
      t.trail += " (bad arguments); ";
    } else {
      auto arguments = x.arguments;
      t.trail += "; ";
      if (guard_.arguments(t, arguments, *tools_.find(x.name)))
        said = not_used("this use of the tool is not allowed", {}, reason::policy_denied);
      else
        todo.push_back({t.messages.size() - 1, &x, std::move(arguments)});
    }
  }
  std::vector<std::pair<llm_deeds::use, outcome_ptr>> at_once;
  for (const auto& [place, x, arguments] : todo) {
    const auto& card = *tools_.find(x->name);
    const auto number = ++last_use_;
    auto act = tools_.act(card.name, arguments, *t.what);
    auto key = t.deeds.key_for(act);
    llm_deeds::use use{place, x->name, card.does, std::move(act.key), std::move(key)};
    t.deeds.begin(number, use);
    if (auto done = tools_.start(number, x->name, t.what, arguments, use.key)) {
      static_cast<void>(t.deeds.take(number, use));
      at_once.emplace_back(std::move(use), std::move(done));
    }
  }
  for (const auto& [which, x] : at_once)
    note(t, which, x);
}

void llm_tool_use::note(llm_call& t, const llm_deeds::use& of, outcome_ptr x) const {
  bool blocked = false;
  if (x && guard_.screens()) {
    auto y = *x;
    auto stopped = guard_.result(t, y, of.tool);
    blocked = static_cast<bool>(stopped);
    if (blocked && !t.stopped)
      t.stopped = std::move(stopped);
    x = std::make_shared<const outcome>(std::move(y));
  }
  auto& said = t.messages[of.place].text;
  said = parts_->without_secrets(
      tool_words(x ? *x : outcome::of({reason::crash, "the tool said nothing", {}}), of.tool));
  t.known.add(said);
  if (x && x->ok()) {
    t.known.add_all(x->data);
    if (of.tool == llm_settings::search_tool)
      t.search.note(*x);
  }
  t.deeds.note(of, x, blocked);
}

bool llm_tool_use::stop(const llm_call& t) {
  bool all = true;
  for (const auto& [number, use] : t.deeds.at_work())
    all = tools_.stop(number) && all;
  return all;
}

} // namespace troupe
