#include "actors/boundary.hpp"
#include "actors/breaker_report.hpp"
#include "actors/budget_book.hpp"
#include "actors/llm_knowledge.hpp"
#include "actors/llm_tools.hpp"
#include "actors/model_report.hpp"
#include "actors/runner.hpp"
#include "policies/client_tools.hpp"
#include "policies/complexity.hpp"
#include "policies/context_fit.hpp"
#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "policies/failure_table.hpp"
#include "policies/grounding.hpp"
#include "policies/llm_talk.hpp"
#include "policies/model_ladder.hpp"
#include "src/models/model_port.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <unordered_map>

namespace troupe {

namespace {

constexpr std::uint32_t repairs_max = 1;
constexpr std::size_t calls_at_once = 16; ///< tools that are used for one answer of the model
constexpr milliseconds tool_grace{100};   ///< for a tool to end by itself at its deadline

/// Numbers of uses of tools, apart from those of calls, which the agent counts from 1.
constexpr std::uint64_t first_use = std::uint64_t{1} << 62;

/// A call, from its first question to the model to the answer.
struct talk {
  agent_call_ptr what;
  std::vector<chat_message> messages;
  model_rung at;
  usage used;
  std::uint32_t answers = 0; ///< of models
  std::uint32_t steps = 0;   ///< of them: those that asked for tools
  std::uint32_t steps_most = 0;
  bool tight = false;  ///< a limit is nearly used up
  bool saving = false; ///< a cheaper model is asked for it
  bool saved = false;  ///< that one has failed: the others are asked as ever
  bool simple = false; ///< the simple model is asked
  double complexity = 0;
  std::uint32_t repairs = 0;
  knowledge_search search;
  bool fresh = false;          ///< an answer that was kept would not do
  bool from_cache = false;     ///< the last answer was kept
  std::uint64_t waits_for = 0; ///< the number of the turn that goes on with it; 0: tools do
  std::uint64_t request = 0;   ///< at the models' port
  bool asking = false;         ///< a model has been asked and has not answered
  bool probe = false;          ///< the request is its provider's breaker's probe
  timestamp asked_at{};
  struct use {
    std::size_t place = 0; ///< of its message
    std::string tool;
    effects does = effects::none;
    std::string key; ///< of the effect; empty: it has none
  };
  std::unordered_map<std::uint64_t, use> uses;
  std::map<std::string, std::uint32_t> keys_given; ///< by tool
  /// By tool: keys under which something was tried and may have been done. The next use takes them
  /// up, so that what is tried again is not done twice.
  std::multimap<std::string, std::string> open_keys;
  bool acted = false; ///< a tool has had an effect, or may have had one
  failure unsure;     ///< a tool whose effects nobody may repeat may have acted
  outcome_ptr deed;   ///< what the last tool with effects has done
  outcome_ptr found;  ///< what the last tool without effects has said
  known_numbers known;
  double fullest = 0;           ///< share of its context that a model was given at most
  screens::known_things things; ///< whom and what may be spoken of
  failure stopped;              ///< by a screen, while tools were at work
  client_tools client;          ///< what whoever submitted the task runs himself
  std::string trail;            ///< for the note
  bool done = false;
};

/// An agent that thinks with a model and acts with tools. The state of a call is here and moves on
/// with the agent's messages; requests run in the models' port, tools as agents of their kind do.
class llm_runner final : public agent_runner {
 public:
  llm_runner(parts_ptr parts, const fleet_version& version, const agent_spec& spec,
             caf::event_based_actor* self)
      : parts_(std::move(parts))
      , card_(spec.card)
      , settings_(llm_settings::of(spec))
      , schema_(answer_schema(spec.gives))
      , self_(self)
      , dice_(parts_->seed ^ stable_hash(spec.card.domain + "/" + spec.card.name))
      , takes_client_tools_(version.domain(spec.card.domain) &&
                            version.domain(spec.card.domain)->client_tools)
      , knowledge_(llm_knowledge::of(version, spec))
      , boundary_(boundary::of(spec, version.domain(spec.card.domain)))
      , tools_(parts_, version, spec, settings_, boundary_ ? boundary_->screens() : nullptr, self) {
    if (!parts_->models)
      throw std::runtime_error{"there are no language models here"};
    for (const auto& name : settings_.models) {
      models_.push_back(find_model(name));
      specs_.push_back(models_.back().spec);
    }
    if (!settings_.simple_model.empty()) {
      const auto& all = settings_.models;
      simple_ = static_cast<std::size_t>(std::find(all.begin(), all.end(), settings_.simple_model) -
                                         all.begin());
      if (simple_ == all.size()) {
        models_.push_back(find_model(settings_.simple_model));
        specs_.push_back(models_.back().spec);
      }
    }
  }

  ~llm_runner() override {
    for (auto& [call, t] : talks_)
      if (t.asking)
        parts_->models->cancel(t.request);
  }

  outcome_ptr run(caf::event_based_actor*, std::uint64_t call,
                  const agent_call_ptr& what) override {
    auto& t = talks_[call];
    t.what = what;
    t.steps_most = settings_.max_steps;
    const auto number = ++last_turn_;
    t.waits_for = number;
    const auto to = caf::actor_cast<caf::actor_addr>(self_);
    const bool at_once = knowledge_.search(
        what->text, left(what->deadline, parts_->now(self_)), t.search, [to, call, number] {
          if (auto agent = caf::actor_cast<caf::actor>(to))
            caf::anon_send(agent, runner_turn{call, number, nullptr});
        });
    if (at_once)
      begin(call, t);
    return nullptr;
  }

  /// The first question to the model, once what it is to know has been looked up.
  void begin(std::uint64_t call, talk& t) {
    const auto& what = t.what;
    auto passages = knowledge_.shown(t.search);
    if (screens()) {
      const auto seen = screens()->documents(passages);
      see(t, seen);
      if (seen.what.action == screen_action::block)
        return fail(call, t, stopped_by_screen(seen));
      t.things = screens()->known_to(*what);
      t.things.hear_data(passages);
    }
    // Of the input as the boundary and the screens have left it, not of the task as it came.
    if (takes_client_tools_)
      t.client = client_tools::of(what->input);
    // Tools and turns of the client are told in their own form, and not a second time as data.
    auto shown = *what;
    if (!t.client.tools.empty() && shown.input.is_object())
      shown.input.erase("client");
    auto rules = settings_.forward;
    const auto cards = tools_.cards();
    const auto canary = screens() ? screens()->canary() : std::string{};
    t.messages = opening(settings_.instructions, shown, rules, !cards.empty(), passages, canary);
    if (size_of(t.messages) > context_full_at * models_.front().spec->context_tokens) {
      rules = {forwarding::summary, {}};
      t.messages = opening(settings_.instructions, shown, rules, !cards.empty(), passages, canary);
      t.trail = "context summarised; ";
    }
    add_turns(t);
    for (const auto& m : t.messages)
      t.known.add(m.text);
    for (const auto& x : tools_.left_out())
      see(t, x);
    if (!settings_.simple_model.empty()) {
      t.complexity = complexity_of(signs_of(what->text, what->input));
      t.simple = asks_simple_model(t.complexity, settings_.simple_below, learned_);
      if (t.simple)
        t.at = {simple_, 0};
      char seen[48];
      std::snprintf(seen, sizeof seen, "complexity %.2f: ", t.complexity);
      t.trail += seen + specs_[t.at.model]->name + "; ";
    }
    ask(call, t);
  }

  bool stop(std::uint64_t call) override {
    const auto hit = talks_.find(call);
    if (hit == talks_.end() || hit->second.done)
      return true;
    auto& t = hit->second;
    bool stops = true;
    for (const auto& [number, use] : t.uses)
      stops = tools_.stop(number) && stops;
    if (t.asking)
      parts_->models->cancel(t.request);
    if (stops)
      end(call, t, outcome::of({reason::cancelled, "stopped", {}}));
    return stops;
  }

  void ended(std::uint64_t call) override { talks_.erase(call); }

  void turn(const runner_turn& x) override {
    const auto hit = talks_.find(x.call);
    if (hit == talks_.end() || hit->second.done || hit->second.waits_for != x.number)
      return;
    auto& t = hit->second;
    if (x.reply)
      on_reply(x.call, t, *x.reply);
    else if (t.messages.empty())
      begin(x.call, t);
    else if (t.uses.empty())
      ask(x.call, t);
    else
      on_late_tools(x.call, t);
  }

  bool took(const runner_ended& x) override {
    if (x.call < first_use)
      return false;
    tools_.ended(x.call);
    for (auto& [call, t] : talks_) {
      const auto use = t.uses.find(x.call);
      if (use == t.uses.end())
        continue;
      const auto which = use->second;
      t.uses.erase(use);
      if (!t.done)
        on_tool(call, t, which, x.x);
      return true;
    }
    return true;
  }

 private:
  struct known_model {
    const model_spec* spec = nullptr;
    provider_ptr provider;
  };

  /// The agent's tools, and those of the client whose names are free.
  std::vector<tool_card> offered(const talk& t) {
    auto out = tools_.cards();
    for (const auto& card : t.client.tools)
      if (!tools_.find(card.name))
        out.push_back(card);
    return out;
  }

  /// What the client's own tools have said so far; they are data like those of any other tool.
  void add_turns(talk& t) {
    for (auto& turn : t.client.turns) {
      if (turn.role == chat_role::tool) {
        outcome x;
        x.text = turn.text;
        if (screens()) {
          const auto seen = screens()->result(x, "of the client");
          see(t, seen);
          t.things.hear(x.text);
        }
        turn.text = tool_words(x, "of the client");
      }
      t.messages.push_back(turn);
    }
  }

  /// Some of the tools that the model wants are the client's: he is told, and the call ends. What
  /// it wants besides it can ask for again.
  bool hands_over(std::uint64_t call, talk& t, const std::vector<tool_call>& calls) {
    std::vector<tool_call> wanted;
    for (const auto& c : calls)
      if (!tools_.find(c.name) && t.client.find(c.name))
        wanted.push_back(c);
    if (wanted.empty())
      return false;
    for (auto& c : wanted) {
      t.trail += "tool " + beginning_of(c.name, 40) + " (the client's); ";
      if (!screens())
        continue;
      const auto seen =
          screens()->arguments(c.arguments, *t.client.find(c.name), t.things, *parts_);
      see(t, seen);
      if (seen.what.action == screen_action::block) {
        fail(call, t, stopped_by_screen(seen));
        return true;
      }
    }
    outcome x;
    x.data = calls_as_data(wanted);
    end(call, t, std::move(x));
    return true;
  }

  [[nodiscard]] const screening* screens() const {
    return boundary_ ? boundary_->screens().get() : nullptr;
  }

  /// What a screen has seen: counted, on record, in the note.
  void see(talk& t, const screening::seen& x) {
    if (auto said = report_screen(*parts_, card_, *t.what, x, parts_->now(self_)); !said.empty())
      t.trail += said + "; ";
  }

  known_model find_model(const std::string& name) const {
    const auto& fleet = parts_->fleet;
    for (const auto& m : fleet.models)
      if (m.name == name)
        for (const auto& p : fleet.providers)
          if (p.name == m.provider)
            return {&m, parts_->places->claim_provider(p.name, p.breaker)};
    throw std::runtime_error{"the fleet has no model called '" + name + "'"};
  }

  static double size_of(const std::vector<chat_message>& messages) {
    std::size_t bytes = 0;
    for (const auto& m : messages)
      bytes += m.text.size();
    return static_cast<double>(models::tokens_of(bytes));
  }

  /// Passes over models whose provider's breaker is open. False: all of them are.
  bool choose(talk& t, timestamp now) {
    t.probe = false;
    if (t.simple) {
      const auto said = models_[simple_].provider->breaker.enter(now);
      t.probe = said == admission::probe;
      if (said != admission::barred)
        return true;
      t.simple = false;
      t.at = {};
    }
    // To save money it may stand beyond the ladder.
    const auto end = t.at.model < ladder() ? ladder() : models_.size();
    for (; t.at.model < end; t.at = {t.at.model + 1, 0}) {
      const auto said = models_[t.at.model].provider->breaker.enter(now);
      t.probe = said == admission::probe;
      if (said != admission::barred)
        return true;
    }
    return false;
  }

  /// How many models are asked one after the other; the simple one may stand behind them.
  [[nodiscard]] std::size_t ladder() const noexcept { return settings_.models.size(); }

  /// The simple model did not do: the agent's own goes on with the same conversation.
  void ask_own(std::uint64_t call, talk& t, const std::string& why) {
    t.trail += specs_[simple_]->name + " did not do (" + why + "): " + specs_[0]->name + "; ";
    t.simple = false;
    t.at = {};
    ask(call, t);
  }

  void ask(std::uint64_t call, talk& t) {
    const auto now = parts_->now(self_);
    const auto time = left(t.what->deadline, now);
    if (time.count() <= 0)
      return fail(call, t, {reason::timeout, "the models took too long", {}});
    save(t);
    if (!choose(t, now) && !(stop_saving(t) && choose(t, now))) {
      const auto opens = models_.back().provider->breaker.seen(now).reopens;
      return fail(call, t,
                  {reason::unavailable, "the breakers of all its models' providers are open",
                   opens == no_deadline ? milliseconds{0} : left(opens, now)});
    }
    fit(t);
    model_request what;
    what.model = models_[t.at.model].spec->name;
    what.messages = t.messages;
    // Whoever has used all his steps has to answer with what he knows.
    if (t.steps < t.steps_most)
      what.tools = offered(t);
    what.schema = schema_;
    what.max_output = settings_.max_output;
    what.temperature = settings_.temperature;
    what.deadline = time;
    what.by = caller(t);
    what.cache = knowledge_.cache_for(*t.what, what, t.search, boundary_);
    what.cache.fresh = t.fresh;
    const auto number = ++last_turn_;
    t.waits_for = number;
    t.asking = true;
    t.asked_at = now;
    const auto to = caf::actor_cast<caf::actor_addr>(self_);
    t.request = parts_->models->send(what, [to, call, number](model_reply x) {
      if (auto agent = caf::actor_cast<caf::actor>(to))
        caf::anon_send(
            agent, runner_turn{call, number, std::make_shared<const model_reply>(std::move(x))});
    });
  }

  /// What tools have said may by and by fill the model's context: then the oldest of it is
  /// shortened.
  void fit(talk& t) {
    std::size_t tools = 0;
    for (const auto& x : tools_.cards())
      tools += x.name.size() + x.description.size() + as_text(x.parameters).size();
    constexpr double bytes_of_token = 4;
    const auto room = context_full_at * bytes_of_token * models_[t.at.model].spec->context_tokens;
    const auto done = fit_context(
        t.messages, static_cast<std::size_t>(std::max(room - static_cast<double>(tools), 0.0)));
    if (done.shortened > 0)
      t.trail += "context shortened from " + std::to_string(done.before) + " to " +
                 std::to_string(done.after) + " bytes; ";
  }

  model_caller caller(const talk& t) const {
    return {t.what->about,
            t.what->step,
            t.what->attempt,
            card_.domain,
            card_.name,
            t.what->urgency,
            card_.does != effects::none,
            t.what->skill};
  }

  /// Works more cheaply when a limit is nearly used up, and says so in the trace.
  void save(talk& t) {
    if (!parts_->budgets)
      return;
    const auto stance = parts_->budgets->stance(caller(t));
    if (!stance.tight)
      return;
    const auto declared = static_cast<std::size_t>(
        std::find(settings_.models.begin(), settings_.models.end(), settings_.cheaper_model) -
        settings_.models.begin());
    // Once: a cheaper model that has failed is not gone back to.
    const auto to = t.saving || t.saved ? t.at.model : cheaper_model(specs_, t.at.model, declared);
    if (!t.tight) {
      t.tight = true;
      t.steps_most = std::min(t.steps_most, std::max(t.steps, tight_steps(settings_.max_steps)));
      t.trail += std::to_string(static_cast<int>(stance.share * 100)) + " % of the limit on " +
                 stance.limit + " used: at most " + std::to_string(t.steps_most) + " steps" +
                 (to == t.at.model ? "" : ", model " + specs_[to]->name) + "; ";
    }
    if (to == t.at.model)
      return;
    t.at = {to, 0};
    t.simple = false;
    t.saving = true;
  }

  /// The cheaper model has failed. False: none was asked.
  static bool stop_saving(talk& t) {
    if (!t.saving)
      return false;
    t.saving = false;
    t.saved = true;
    t.at = {};
    return true;
  }

  void on_reply(std::uint64_t call, talk& t, const model_reply& reply) {
    const auto now = parts_->now(self_);
    const auto& model = models_[t.at.model];
    t.asking = false;
    t.used += reply.used;
    ++t.answers;
    report_model(*parts_, *model.spec, reply,
                 std::chrono::duration_cast<microseconds>(now - t.asked_at));
    t.fullest = std::max(t.fullest, context_share(*model.spec, reply));
    // An answer that was kept says nothing of the provider.
    const auto sign =
        reply.cached != cache_hit::none ? call_sign::nothing
        : reply.ok()                    ? call_sign::good
        : reply.error == model_error::rate_limited || reply.error == model_error::over_budget
            ? call_sign::nothing
            : sign_for_provider(reason_of(reply.error));
    if (const auto turned = model.provider->breaker.ended(sign, t.probe, now))
      report_breaker(*parts_, "provider", model.provider->name, *turned);
    if (!reply.ok())
      return on_trouble(call, t, reply, now);
    t.at.failed = 0;
    t.from_cache = reply.cached != cache_hit::none;
    if (t.from_cache)
      t.trail += cached_words(reply) + "; ";
    t.messages.push_back({chat_role::assistant, reply.text, reply.calls, {}});
    if (reply.calls.empty())
      return on_answer(call, t, reply.text);
    if (t.steps >= t.steps_most)
      return fail(
          call, t,
          {reason::loop,
           "it asked for tools " + std::to_string(t.steps) + " times and did not come to an answer",
           {}});
    ++t.steps;
    if (!hands_over(call, t, reply.calls))
      use_tools(call, t, reply.calls);
  }

  void on_trouble(std::uint64_t call, talk& t, const model_reply& reply, timestamp now) {
    const auto& name = models_[t.at.model].spec->name;
    t.trail += name + ": " + std::string{to_string(reply.error)} + "; ";
    if (t.simple && reply.error != model_error::cancelled)
      return ask_own(call, t, std::string{to_string(reply.error)});
    auto left_over = left(t.what->deadline, now);
    const auto next = after_failure(t.at, reply, std::max(ladder(), t.at.model + 1), left_over,
                                    unit_interval(dice_.draw()));
    if (next.give_up && reply.error != model_error::over_budget &&
        reply.error != model_error::cancelled && left_over.count() > 0 && stop_saving(t))
      return ask(call, t);
    if (next.give_up) {
      auto why = reply.failed();
      why.detail = name + ": " + std::string{to_string(reply.error)} + ": " + why.detail;
      return fail(call, t, std::move(why));
    }
    t.at = next.to;
    if (next.wait.count() <= 0)
      return ask(call, t);
    wait(call, t, next.wait);
  }

  void wait(std::uint64_t call, talk& t, milliseconds how_long) {
    const auto number = ++last_turn_;
    t.waits_for = number;
    self_->delayed_send(self_, how_long, runner_turn{call, number, nullptr});
  }

  // -- tools ------------------------------------------------------------------

  /// The key of a use with effects: the step's own for what the step asks for, so that whoever else
  /// does the same step finds it done; one of the tool's for everything else.
  std::string key_for(talk& t, const tool_card& card) {
    if (card.does == effects::none)
      return {};
    if (const auto open = t.open_keys.find(card.name); open != t.open_keys.end())
      return std::move(t.open_keys.extract(open).mapped());
    const auto number = ++t.keys_given[card.name];
    const auto& whole = t.what->idempotency_key;
    if (number == 1 && tools_.skill_of(card.name, *t.what) == t.what->skill)
      return whole;
    return whole + "/" + card.name + "/" + std::to_string(number);
  }

  void use_tools(std::uint64_t call, talk& t, const std::vector<tool_call>& calls) {
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
        said = refusal("too many tools at once", {});
        t.trail += " (not used); ";
      } else if (!tools_.find(x.name)) {
        said = refusal("there is no such tool", {});
        t.trail += " (there is none); ";
      } else if (const auto flaws = tools_.flaws_in(x.name, x.arguments); !flaws.empty()) {
        said = refusal("the arguments break the tool's schema", flaws);
        t.trail += " (bad arguments); ";
      } else {
        auto arguments = x.arguments;
        t.trail += "; ";
        if (screens()) {
          const auto seen =
              screens()->arguments(arguments, *tools_.find(x.name), t.things, *parts_);
          see(t, seen);
          if (seen.what.action == screen_action::block) {
            said = refusal("this use of the tool is not allowed", {}, reason::policy_denied);
            continue;
          }
        }
        todo.push_back({t.messages.size() - 1, &x, std::move(arguments)});
      }
    }
    struct begun {
      talk::use use;
      outcome_ptr x;
    };
    std::vector<begun> at_once;
    for (const auto& [place, x, arguments] : todo) {
      const auto& card = *tools_.find(x->name);
      const auto number = ++last_use_;
      const talk::use use{place, x->name, card.does, key_for(t, card)};
      t.uses[number] = use;
      if (auto done = tools_.start(number, x->name, t.what, arguments, use.key)) {
        t.uses.erase(number);
        at_once.push_back({use, std::move(done)});
      }
    }
    t.waits_for = 0;
    if (!t.uses.empty())
      wait(call, t, left(t.what->deadline, parts_->now(self_)) + tool_grace);
    for (const auto& x : at_once) {
      if (t.done)
        return;
      note_result(t, x.use, x.x);
    }
    if (t.uses.empty() && !t.done)
      go_on(call, t);
  }

  static std::string refusal(const char* why, const std::vector<flaw>& flaws,
                             reason what = reason::invalid_input) {
    json out{{"error", {{"reason", to_string(what)}, {"detail", why}}}};
    if (!flaws.empty())
      out["error"]["flaws"] = to_json(flaws);
    return as_text(out);
  }

  void note_result(talk& t, const talk::use& use, outcome_ptr x) {
    if (x && screens()) {
      auto y = *x;
      const auto seen = screens()->result(y, use.tool);
      see(t, seen);
      if (seen.what.action == screen_action::block && !t.stopped)
        t.stopped = stopped_by_screen(seen);
      x = std::make_shared<const outcome>(std::move(y));
      t.things.hear(x->text);
      t.things.hear_data(x->data);
    }
    auto& said = t.messages[use.place].text;
    said = parts_->without_secrets(
        tool_words(x ? *x : outcome::of({reason::crash, "the tool said nothing", {}}), use.tool));
    t.known.add(said);
    if (x && x->ok()) {
      t.known.add_all(x->data);
      if (use.tool == llm_settings::search_tool)
        t.search.note(*x);
      if (use.does != effects::none) {
        t.deed = x;
        t.acted = true;
      } else if (!x->text.empty()) {
        t.found = x;
      }
    } else if (use.does == effects::unsafe && x && default_line(x->failed.why).may_have_acted) {
      t.unsure = x->failed;
    } else if (!use.key.empty()) {
      t.open_keys.emplace(use.tool, use.key);
      t.acted = t.acted || !x || default_line(x->failed.why).may_have_acted;
    }
  }

  void on_tool(std::uint64_t call, talk& t, const talk::use& use, const outcome_ptr& x) {
    note_result(t, use, x);
    if (t.uses.empty())
      go_on(call, t);
  }

  void on_late_tools(std::uint64_t call, talk& t) {
    const failure late{reason::timeout, "its tools took too long", {}};
    bool acts = false;
    for (const auto& [number, use] : t.uses) {
      static_cast<void>(tools_.stop(number));
      acts = acts || use.does == effects::unsafe;
    }
    if (acts)
      return end(call, t, outcome::of(late));
    fail(call, t, late);
  }

  void go_on(std::uint64_t call, talk& t) {
    // Nobody may guess what has become of it: the step's own rules say who is asked.
    if (t.unsure)
      return end(call, t, outcome::of(t.unsure));
    if (t.stopped)
      return fail(call, t, t.stopped);
    ask(call, t);
  }

  // -- the end ----------------------------------------------------------------

  std::vector<flaw> flaws_of(const talk& t, const outcome& x) const {
    if (boundary_)
      if (auto why = boundary_->refused_output(x))
        return std::move(why.errors);
    if (settings_.grounded)
      return t.known.flaws_in({{"text", x.text}, {"data", x.data}});
    return {};
  }

  void on_answer(std::uint64_t call, talk& t, const std::string& text) {
    auto read = read_answer(text);
    if (read.flaws.empty())
      read.flaws = flaws_of(t, read.what);
    if (read.flaws.empty())
      read.flaws = t.search.flaws_in(read.what);
    if (read.flaws.empty())
      t.search.name_sources(read.what);
    if (!read.flaws.empty() && t.from_cache) {
      // What was kept will not do here: the model itself is asked.
      t.fresh = true;
      t.messages.pop_back();
      return ask(call, t);
    }
    if (t.simple) {
      if (!read.flaws.empty() || read.what.confidence < settings_.sure_at) {
        t.messages.pop_back();
        learned_.note(t.complexity, false);
        return ask_own(call, t, read.flaws.empty() ? "not sure" : read.flaws.front().message);
      }
      if (!t.from_cache)
        learned_.note(t.complexity, true);
    }
    if (read.flaws.empty())
      return give(call, t, std::move(read.what));
    if (t.repairs < repairs_max) {
      ++t.repairs;
      t.trail += "answer repaired; ";
      t.messages.push_back({chat_role::user, repair_order(read.flaws), {}, {}});
      return ask(call, t);
    }
    failure why{reason::invalid_output, "the model's answer breaks what was agreed on", {}};
    why.detail += ": " + read.flaws.front().pointer + " " + read.flaws.front().message;
    why.errors = std::move(read.flaws);
    why.errors.resize(std::min<std::size_t>(why.errors.size(), 8));
    fail(call, t, std::move(why));
  }

  /// The answer leaves, without what must not leave with it.
  void give(std::uint64_t call, talk& t, outcome x) {
    if (screens()) {
      const auto seen = screens()->answer(x, t.things, *parts_);
      see(t, seen);
      if (seen.what.action == screen_action::block)
        return fail(call, t, stopped_by_screen(seen));
    }
    end(call, t, std::move(x));
  }

  /// The call has failed; but what has been done is told in the words of the tool that did it.
  void fail(std::uint64_t call, talk& t, failure why) {
    if (t.deed && t.deed->ok() && !t.deed->text.empty() && why.why != reason::cancelled) {
      auto x = *t.deed;
      x.used = {};
      if (flaws_of(t, x).empty()) {
        t.trail += "answered in the tool's words, because: " + why.detail + "; ";
        t.deed = nullptr;
        if (why.why == reason::budget_exhausted)
          mark_unfinished(x);
        return give(call, t, std::move(x));
      }
    }
    if (why.why == reason::budget_exhausted && t.found) {
      auto x = *std::exchange(t.found, nullptr);
      x.used = {};
      mark_unfinished(x);
      if (flaws_of(t, x).empty()) {
        t.trail += "the best so far: what its tools said, because: " + why.detail + "; ";
        return give(call, t, std::move(x));
      }
    }
    // Nothing may be taken for undone that may have been done: the ledger goes by the reason.
    if (t.acted && why.why != reason::cancelled && !default_line(why.why).may_have_acted)
      why = {reason::invalid_output, "after its tools had acted: " + why.detail, why.retry_after};
    end(call, t, outcome::of(std::move(why)));
  }

  /// What there is when the money has run out: true as far as it goes, and not all of it.
  static void mark_unfinished(outcome& x) {
    x.partial = true;
    if (x.data.is_null())
      x.data = json::object();
    if (x.data.is_object())
      x.data["unfinished"] = to_string(reason::budget_exhausted);
  }

  void end(std::uint64_t call, talk& t, outcome x) {
    t.done = true;
    t.waits_for = 0;
    x.used = t.used;
    auto note = "model " + models_[std::min(t.at.model, models_.size() - 1)].spec->name + ": " +
                std::to_string(t.answers) + (t.answers == 1 ? " answer" : " answers") + ", " +
                std::to_string(t.used.input_tokens) + " + " + std::to_string(t.used.output_tokens) +
                " tokens, context " +
                std::to_string(static_cast<int>(std::lround(t.fullest * 100))) + " % full";
    if (t.trail.ends_with("; "))
      t.trail.resize(t.trail.size() - 2);
    if (!t.trail.empty())
      note += "; " + beginning_of(t.trail, 500);
    self_->send(self_, runner_ended{call, std::make_shared<const outcome>(std::move(x)),
                                    std::make_shared<const std::string>(std::move(note))});
  }

  parts_ptr parts_;
  const agent_card card_;
  const llm_settings settings_;
  const json schema_;
  caf::event_based_actor* self_;
  dice_box dice_;
  const bool takes_client_tools_;
  llm_knowledge knowledge_;
  boundary_ptr boundary_;
  llm_tools tools_;
  std::vector<known_model> models_;
  std::vector<const model_spec*> specs_; ///< of `models_`
  std::size_t simple_ = 0;               ///< of them: the one for simple requests
  model_record learned_;
  std::unordered_map<std::uint64_t, talk> talks_;
  std::uint64_t last_turn_ = 0;
  std::uint64_t last_use_ = first_use;
};

} // namespace

runner_ptr make_llm_runner(const parts_ptr& parts, const fleet_version& version,
                           const agent_spec& spec, caf::event_based_actor* self) {
  return std::make_unique<llm_runner>(parts, version, spec, self);
}

} // namespace troupe
