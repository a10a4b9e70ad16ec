#include "actors/model_asker.hpp"

#include "policies/deadline.hpp"
#include "src/models/model_port.hpp"

namespace troupe {

model_asker::model_asker(parts_ptr parts, const agent_spec& spec,
                         const std::vector<std::string>& models, caf::event_based_actor* self)
    : parts_(std::move(parts))
    , card_(spec.card)
    , self_(self)
    , dice_(parts_->seed ^ stable_hash(spec.card.domain + "/" + spec.card.name))
    , models_(parts_) {
  for (const auto& name : models)
    models_.add(name);
}

model_asker::~model_asker() {
  for (auto& [call, q] : open_)
    if (q.asking)
      parts_->models->cancel(q.request);
}

void model_asker::ask(std::uint64_t call, const agent_call_ptr& about, question what) {
  auto& q = open_[call];
  q = {};
  q.about = about;
  q.what = std::move(what);
  send(call, q);
}

void model_asker::stop(std::uint64_t call) {
  const auto hit = open_.find(call);
  if (hit == open_.end())
    return;
  if (hit->second.asking)
    parts_->models->cancel(hit->second.request);
  open_.erase(hit);
}

bool model_asker::choose(open_question& q, timestamp now) {
  q.probe = false;
  for (; q.at.model < models_.size(); q.at = {q.at.model + 1, 0})
    if (models_.enter(q.at.model, now, q.probe))
      return true;
  return false;
}

void model_asker::give_up(std::uint64_t call, open_question& q, failure why) {
  // Told in a turn of its own, like every other end.
  q.so_far.failed = std::move(why);
  wait(call, q, milliseconds{0});
}

void model_asker::wait(std::uint64_t call, open_question& q, milliseconds how_long) {
  q.number = ++last_turn_;
  self_->delayed_send(self_, how_long, runner_turn{call, q.number, nullptr});
}

void model_asker::send(std::uint64_t call, open_question& q) {
  const auto now = parts_->now(self_);
  const auto time = left(q.about->deadline, now);
  if (time.count() <= 0)
    return give_up(call, q, {reason::timeout, "the models took too long", {}});
  if (!choose(q, now))
    return give_up(call, q, {reason::unavailable, "the breakers of all providers are open", {}});
  const auto& model = models_[q.at.model];
  q.so_far.model = model.name;
  model_request what;
  what.model = model.name;
  what.messages = q.what.messages;
  what.schema = q.what.schema;
  what.max_output = q.what.max_output;
  what.temperature = 0;
  what.deadline = time;
  what.by.about = q.about->about;
  what.by.step = q.about->step;
  what.by.attempt = q.about->attempt;
  what.by.domain = card_.domain;
  what.by.agent = card_.name;
  what.by.urgency = q.about->urgency;
  q.number = ++last_turn_;
  q.asking = true;
  q.asked_at = now;
  q.request = models_.send(what, self_, call, q.number);
}

std::optional<model_asker::answer> model_asker::turn(const runner_turn& x) {
  const auto hit = open_.find(x.call);
  if (hit == open_.end() || hit->second.number != x.number)
    return std::nullopt;
  auto& q = hit->second;
  if (x.reply) {
    auto out = on_reply(x.call, q, *x.reply);
    if (out)
      open_.erase(hit);
    return out;
  }
  if (!q.so_far.failed) {
    send(x.call, q);
    return std::nullopt;
  }
  auto out = std::move(q.so_far);
  open_.erase(hit);
  return out;
}

std::optional<model_asker::answer> model_asker::on_reply(std::uint64_t call, open_question& q,
                                                         const model_reply& reply) {
  const auto now = parts_->now(self_);
  q.asking = false;
  q.so_far.used += reply.used;
  models_.heard(q.at.model, reply, q.probe, q.asked_at, now);
  if (reply.ok()) {
    q.so_far.text = reply.text;
    return std::move(q.so_far);
  }
  auto& trail = q.so_far.trail;
  trail += (trail.empty() ? "" : "; ") + models_[q.at.model].name + ": " +
           std::string{to_string(reply.error)};
  const auto next = after_failure(q.at, reply, models_.size(), left(q.about->deadline, now),
                                  unit_interval(dice_.draw()));
  if (next.give_up) {
    q.so_far.failed = reply.failed();
    return std::move(q.so_far);
  }
  q.at = next.to;
  if (next.wait.count() > 0)
    wait(call, q, next.wait);
  else
    send(call, q);
  return std::nullopt;
}

} // namespace troupe
