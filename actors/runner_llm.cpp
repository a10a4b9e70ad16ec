#include "actors/budget_book.hpp"
#include "actors/llm_answer.hpp"
#include "actors/llm_call.hpp"
#include "actors/llm_guard.hpp"
#include "actors/llm_knowledge.hpp"
#include "actors/llm_models.hpp"
#include "actors/llm_tool_use.hpp"
#include "actors/runner.hpp"
#include "policies/deadline.hpp"
#include "policies/llm_talk.hpp"
#include "src/models/model_port.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace troupe {

namespace {

constexpr std::uint32_t repairs_max = 1;
constexpr milliseconds tool_grace{100}; ///< for a tool to end by itself at its deadline
/// For the store to say how far limits are used up; of a call's own time a quarter at most.
constexpr milliseconds limits_patience{500};

/// What the descriptions of tools take of a model's context.
std::size_t card_bytes(const std::vector<tool_card>& tools) {
  std::size_t out = 0;
  for (const auto& x : tools)
    out += x.name.size() + x.description.size() + as_text(x.parameters).size();
  return out;
}

/// An agent that thinks with a model and acts with tools. A call is here and moves on with the
/// agent's messages: it asks a model (`llm_models`), has tools used (`llm_tool_use`), asks again,
/// and answers (`llm_answer`), past the agent's boundary and screens (`llm_guard`). Requests run in
/// the models' port, tools as agents of their kind do.
class llm_runner final : public agent_runner {
 public:
  llm_runner(const parts_ptr& parts, const fleet_version& version, const agent_spec& spec,
             caf::event_based_actor* self)
      : parts_(parts)
      , card_(spec.card)
      , settings_(llm_settings::of(spec))
      , schema_(answer_schema(spec.gives))
      , self_(self)
      , takes_client_tools_(version.domain(spec.card.domain) &&
                            version.domain(spec.card.domain)->client_tools)
      , knowledge_(llm_knowledge::of(version, spec))
      , guard_(parts, spec, version.domain(spec.card.domain), self)
      , answers_(guard_.rules().get(), settings_.grounded)
      , tools_(parts, version, spec, settings_, guard_, self)
      , models_(parts, spec, settings_) {}

  ~llm_runner() override {
    for (auto& [call, t] : calls_)
      if (t.asking)
        parts_->models->cancel(t.request);
  }

  outcome_ptr run(caf::event_based_actor*, std::uint64_t call,
                  const agent_call_ptr& what) override {
    auto& t = calls_[call];
    t.number = call;
    t.what = what;
    t.steps_most = settings_.max_steps;
    const auto turn = next_turn(t);
    const auto to = caf::actor_cast<caf::actor_addr>(self_);
    const bool at_once = knowledge_.search(
        what->text, left(what->deadline, parts_->now(self_)), t.search, [to, call, turn] {
          if (auto agent = caf::actor_cast<caf::actor>(to))
            caf::anon_send(agent, runner_turn{call, turn, nullptr});
        });
    if (at_once)
      begin(t);
    return nullptr;
  }

  failure no_room_for(const agent_call& what) const override {
    if (what.query || !models_.fits_nowhere(what.text.size()))
      return {};
    return {reason::invalid_input,
            std::string{to_string(model_error::context_too_long)} + ": the request alone has " +
                std::to_string(what.text.size()) + " bytes, too many for any of its models",
            {}};
  }

  bool stop(std::uint64_t call) override {
    const auto hit = calls_.find(call);
    if (hit == calls_.end() || hit->second.done)
      return true;
    auto& t = hit->second;
    const bool stops = tools_.stop(t);
    if (t.asking)
      parts_->models->cancel(t.request);
    failure why{reason::cancelled, "stopped", {}};
    // A tool that cannot be ended is waited for; nothing else is begun.
    if (stops)
      end(t, outcome::of(std::move(why)));
    else
      t.stopped = std::move(why);
    return stops;
  }

  void ended(std::uint64_t call) override { calls_.erase(call); }

  void turn(const runner_turn& x) override {
    const auto hit = calls_.find(x.call);
    if (hit == calls_.end() || hit->second.done || hit->second.waits_for != x.number)
      return;
    auto& t = hit->second;
    if (x.reply)
      on_reply(t, *x.reply);
    else if (t.messages.empty())
      begin(t);
    else if (t.deeds.at_work().empty())
      ask(t);
    else
      on_late_tools(t);
  }

  bool took(const runner_ended& x) override {
    if (!llm_tool_use::is_use(x.call))
      return false;
    tools_.ended(x.call);
    for (auto& [call, t] : calls_) {
      llm_deeds::use use;
      if (!t.deeds.take(x.call, use))
        continue;
      if (!t.done) {
        tools_.note(t, use, x.x);
        if (t.deeds.at_work().empty())
          go_on(t);
      }
      return true;
    }
    return true;
  }

 private:
  std::uint64_t next_turn(llm_call& t) { return t.waits_for = ++last_turn_; }

  void wait(llm_call& t, milliseconds how_long) {
    self_->delayed_send(self_, how_long, runner_turn{t.number, next_turn(t), nullptr});
  }

  // -- asking -----------------------------------------------------------------

  /// The first question to the model, once what it is to know has been looked up.
  void begin(llm_call& t) {
    const auto& what = *t.what;
    auto passages = knowledge_.shown(t.search);
    if (auto stopped = guard_.begin(t, passages))
      return fail(t, std::move(stopped));
    // Of the input as the boundary and the screens have left it, not of the task as it came.
    if (takes_client_tools_)
      t.client = client_tools::of(what.input);
    // Tools and turns of the client are told in their own form, and not a second time as data.
    auto shown = what;
    if (!t.client.tools.empty() && shown.input.is_object())
      shown.input.erase("client");
    auto rules = settings_.forward;
    auto tools = tools_.own(t);
    const bool with_tools = !tools.empty();
    const auto canary = guard_.canary();
    const auto open = [&] {
      t.messages = opening(settings_.instructions, shown, rules, with_tools, passages, canary);
    };
    models_.begin(t);
    open();
    if (!models_.has_room(t)) {
      rules = {forwarding::summary, {}};
      open();
      t.trail += "context summarised; ";
    }
    tools_.add_turns(t);
    for (const auto& m : t.messages)
      t.known.add(m.text);
    ask(t, std::move(tools));
  }

  [[nodiscard]] model_caller caller(const llm_call& t) const {
    return {t.what->about,
            t.what->step,
            t.what->attempt,
            card_.domain,
            card_.name,
            t.what->urgency,
            card_.does != effects::none,
            t.what->skill};
  }

  void ask(llm_call& t) { ask(t, tools_.own(t)); }
  /// `tools`: the agent's own.
  void ask(llm_call& t, std::vector<tool_card> tools) {
    const auto now = parts_->now(self_);
    const auto time = left(t.what->deadline, now);
    if (time.count() <= 0)
      return fail(t, {reason::timeout, "the models took too long", {}});
    if (!knows_limits(t, time))
      return;
    models_.save(t, caller(t));
    if (!models_.choose(t, now))
      return fail(t, {reason::unavailable, "the breakers of all its models' providers are open",
                      models_.opens_in(now)});
    // Whoever has used all his steps has to answer with what he knows.
    if (t.steps < t.steps_most)
      tools_.offer_clients(t, tools);
    else
      tools.clear();
    if (const auto no = models_.fit(t, card_bytes(tools))) {
      t.model.asked_at = now;
      return on_reply(t, *no);
    }
    model_request what;
    what.model = models_.of(t).name;
    what.messages = t.messages;
    what.tools = std::move(tools);
    what.schema = schema_;
    what.max_output = settings_.max_output;
    what.temperature = settings_.temperature;
    what.deadline = time;
    what.by = caller(t);
    what.cache = knowledge_.cache_for(*t.what, what, t.search, guard_.rules());
    what.cache.fresh = t.fresh;
    models_.send(t, what, self_, next_turn(t), now);
  }

  /// Once for each call, so that the first at a node works as cheaply as others elsewhere do.
  /// False: it goes on in a later turn.
  bool knows_limits(llm_call& t, milliseconds time) {
    if (!parts_->budgets || std::exchange(t.heard_limits, true))
      return true;
    const auto to = caf::actor_cast<caf::actor_addr>(self_);
    return parts_->budgets->knows(caller(t), std::min(limits_patience, time / 4),
                                  [to, call = t.number, turn = next_turn(t)] {
                                    if (auto agent = caf::actor_cast<caf::actor>(to))
                                      caf::anon_send(agent, runner_turn{call, turn, nullptr});
                                  });
  }

  void on_reply(llm_call& t, const model_reply& reply) {
    const auto now = parts_->now(self_);
    models_.heard(t, reply, now);
    if (!reply.ok())
      return on_trouble(t, reply, now);
    t.from_cache = reply.cached != cache_hit::none;
    if (t.from_cache)
      t.trail += cached_words(reply) + "; ";
    t.messages.push_back({chat_role::assistant, reply.text, reply.calls, {}});
    if (reply.calls.empty())
      return on_answer(t, reply.text);
    if (t.steps >= t.steps_most)
      return fail(t, {reason::loop,
                      "it asked for tools " + std::to_string(t.steps) +
                          " times and did not come to an answer",
                      {}});
    ++t.steps;
    if (auto handed = tools_.hand_over(t, reply.calls))
      return handed->ok() ? end(t, std::move(*handed)) : fail(t, std::move(handed->failed));
    tools_.use(t, reply.calls);
    t.waits_for = 0;
    if (t.deeds.at_work().empty())
      go_on(t);
    else
      wait(t, left(t.what->deadline, parts_->now(self_)) + tool_grace);
  }

  void on_trouble(llm_call& t, const model_reply& reply, timestamp now) {
    const auto& name = models_.of(t).name;
    const auto next = models_.after(t, reply, now);
    if (next.give_up) {
      auto why = reply.failed();
      why.detail = name + ": " + std::string{to_string(reply.error)} + ": " + why.detail;
      return fail(t, std::move(why));
    }
    if (next.wait.count() <= 0)
      return ask(t);
    wait(t, next.wait);
  }

  /// All tools that were asked for have said what came of it.
  void go_on(llm_call& t) {
    // Nobody may guess what has become of it: the step's own rules say who is asked.
    if (t.deeds.unsure())
      return end(t, outcome::of(t.deeds.unsure()));
    if (t.stopped)
      return fail(t, t.stopped);
    ask(t);
  }

  void on_late_tools(llm_call& t) {
    const failure late{reason::timeout, "its tools took too long", {}};
    static_cast<void>(tools_.stop(t));
    const auto& late_ones = t.deeds.at_work();
    if (std::any_of(late_ones.begin(), late_ones.end(),
                    [](const auto& x) { return x.second.does == effects::unsafe; }))
      return end(t, outcome::of(late));
    fail(t, t.stopped ? t.stopped : late);
  }

  // -- answering --------------------------------------------------------------

  void on_answer(llm_call& t, const std::string& text) {
    auto read = answers_.read(t, text);
    if (!read.flaws.empty() && t.from_cache) {
      // What was kept will not do here: the model itself is asked.
      t.fresh = true;
      t.messages.pop_back();
      return ask(t);
    }
    if (t.model.simple) {
      if (!read.flaws.empty() || read.what.confidence < settings_.sure_at) {
        t.messages.pop_back();
        models_.learn(t, false);
        models_.leave_simple(t, read.flaws.empty() ? "not sure" : read.flaws.front().message);
        return ask(t);
      }
      if (!t.from_cache)
        models_.learn(t, true);
    }
    if (read.flaws.empty())
      return give(t, std::move(read.what));
    if (t.repairs < repairs_max) {
      ++t.repairs;
      t.trail += "answer repaired; ";
      t.messages.push_back({chat_role::user, repair_order(read.flaws), {}, {}});
      return ask(t);
    }
    fail(t, broken_agreement(std::move(read.flaws)));
  }

  /// The answer leaves, without what must not leave with it.
  void give(llm_call& t, outcome x) {
    if (auto stopped = guard_.answer(t, x))
      return fail(t, std::move(stopped));
    end(t, std::move(x));
  }

  /// The call has failed; but what has been done is told in the words of the tool that did it.
  void fail(llm_call& t, failure why) {
    if (auto instead = answers_.instead(t, why))
      return give(t, std::move(*instead));
    end(t, outcome::of(after_deeds(t, std::move(why))));
  }

  void end(llm_call& t, outcome x) {
    t.done = true;
    t.waits_for = 0;
    x.used = t.used;
    self_->send(self_,
                runner_ended{t.number, std::make_shared<const outcome>(std::move(x)),
                             std::make_shared<const std::string>(note_of(t, models_.of(t)))});
  }

  parts_ptr parts_;
  const agent_card card_;
  const llm_settings settings_;
  const json schema_;
  caf::event_based_actor* self_;
  const bool takes_client_tools_;
  llm_knowledge knowledge_;
  llm_guard guard_;
  llm_answer answers_;
  llm_tool_use tools_;
  llm_models models_;
  std::unordered_map<std::uint64_t, llm_call> calls_;
  std::uint64_t last_turn_ = 0;
};

} // namespace

runner_ptr make_llm_runner(const parts_ptr& parts, const fleet_version& version,
                           const agent_spec& spec, caf::event_based_actor* self) {
  return std::make_unique<llm_runner>(parts, version, spec, self);
}

} // namespace troupe
