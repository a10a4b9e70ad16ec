#include "actors/quota_port.hpp"

#include "actors/quota_desk.hpp"
#include "policies/quota_amount.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

std::uint64_t expected_tokens(const model_request& what, std::uint32_t max_output) {
  std::size_t bytes = 0;
  for (const auto& m : what.messages) {
    bytes += m.text.size();
    for (const auto& call : m.calls)
      bytes += call.name.size() + as_text(call.arguments).size();
  }
  for (const auto& tool : what.tools)
    bytes += tool.name.size() + tool.description.size() + as_text(tool.parameters).size();
  if (!what.schema.is_null())
    bytes += as_text(what.schema).size();
  return models::tokens_of(bytes) + (what.max_output > 0 ? what.max_output : max_output);
}

model_reply given_up_reply() {
  model_reply out;
  out.error = model_error::cancelled;
  out.unsent = true;
  out.detail = "nobody waits for it any more";
  return out;
}

} // namespace

quota_plan quota_plan::of(const std::vector<provider_spec>& providers,
                          const std::vector<model_spec>& models) {
  quota_plan out;
  const auto add = [&](std::string name, const provider_spec& p, std::string model,
                       const model_limits& is) {
    out.limits.push_back({std::move(name), p.name, std::move(model), is,
                          p.connect_timeout + quota_on_its_way,
                          is.concurrent > 0 ? p.timeout : milliseconds{0}});
  };
  for (const auto& p : providers) {
    const auto line = out.lines.size();
    std::vector<std::size_t> whole;
    if (p.limits.any()) {
      whole.push_back(out.limits.size());
      add(p.name, p, {}, p.limits);
    }
    std::map<std::string, std::size_t> each; // By the provider's name for the model.
    for (const auto& m : models)
      if (m.provider == p.name && m.limits.any() && !each.contains(m.model)) {
        each[m.model] = out.limits.size();
        add(p.name + "/" + m.model, p, m.model, m.limits);
      }
    if (whole.empty() && each.empty())
      continue;
    out.lines.push_back({p.name, p.queue_limit, p.tiers});
    for (const auto& m : models) {
      if (m.provider != p.name || (whole.empty() && !each.contains(m.model)))
        continue;
      lane l{line, whole, m.max_output};
      if (const auto own = each.find(m.model); own != each.end())
        l.limits.push_back(own->second);
      out.models.emplace(m.name, std::move(l));
    }
  }
  return out;
}

// -- a ticket -------------------------------------------------------------------

quota_ticket::~quota_ticket() {
  if (done_)
    refuse("what keeps to the provider's limits was restarted", milliseconds{100});
}

void quota_ticket::answer(model_reply x) {
  models::model_port::done_fn done;
  {
    const std::lock_guard hold{mutex_};
    done = std::exchange(done_, nullptr);
  }
  if (done)
    done(std::move(x));
}

void quota_ticket::refuse(std::string why, milliseconds retry_after) {
  model_reply out;
  out.error = model_error::rate_limited;
  out.detail = std::move(why);
  out.retry_after = retry_after;
  answer(std::move(out));
}

bool quota_ticket::answered() const {
  const std::lock_guard hold{mutex_};
  return !done_;
}

// -- the port -------------------------------------------------------------------

quota_port::quota_port(std::shared_ptr<models::model_port> behind, quota_plan plan, seat_ptr desk)
    : behind_(std::move(behind))
    , plan_(std::move(plan))
    , desk_(std::move(desk))
    , known_(std::make_unique<std::atomic<bool>[]>(plan_.limits.size())) {}

std::uint64_t quota_port::send(const model_request& what, done_fn done) {
  const auto hit = plan_.models.find(what.model);
  if (hit == plan_.models.end())
    return behind_->send(what, std::move(done));
  quota_ticket_ptr made;
  bool too_many = false;
  {
    const std::lock_guard hold{open_->mutex};
    const auto id = ++last_;
    // Whoever answers, a desk that ends with it included: from then on it is not open.
    made = std::make_shared<quota_ticket>(
        id, what, hit->second, [open = open_, id, done = std::move(done)](model_reply x) {
          open->forget(id);
          done(std::move(x));
        });
    too_many = open_->all.size() >= open_most;
    if (!too_many)
      open_->all.emplace(id, made);
  }
  const auto id = made->id;
  if (too_many) {
    made->refuse("too many requests wait for models", milliseconds{1000});
    return id;
  }
  const bool counted =
      std::any_of(hit->second.limits.begin(), hit->second.limits.end(),
                  [this](std::size_t i) { return plan_.limits[i].is.tokens_per_minute > 0; });
  if (counted)
    made->tokens = expected_tokens(what, hit->second.max_output);
  const auto desk = desk_->now().handle;
  if (!desk) {
    made->refuse("what keeps to the provider's limits is being restarted", milliseconds{100});
    return id;
  }
  caf::anon_send(desk, quota_wanted{std::move(made)});
  return id;
}

void quota_port::cancel(std::uint64_t id) {
  if (id <= first_id || id == ~std::uint64_t{0})
    return behind_->cancel(id);
  quota_ticket_ptr which;
  {
    const std::lock_guard hold{open_->mutex};
    const auto hit = open_->all.find(id);
    if (hit == open_->all.end())
      return;
    which = hit->second.lock();
  }
  if (!which)
    return;
  std::uint64_t sent_as = 0;
  bool passing = false;
  {
    const std::lock_guard hold{which->mutex_};
    which->unwanted_ = true;
    sent_as = which->sent_as_;
    passing = which->passing_;
  }
  if (sent_as != 0)
    return behind_->cancel(sent_as);
  // While it is being sent it has no number: whoever sends it cancels it then.
  if (passing)
    return;
  which->answer(given_up_reply());
  if (const auto desk = desk_->now().handle)
    caf::anon_send(desk, quota_given_up{id});
}

void quota_port::pass(const quota_ticket_ptr& which, milliseconds deadline,
                      std::function<void(const model_reply&)> ended) {
  bool unwanted = false;
  {
    const std::lock_guard hold{which->mutex_};
    unwanted = which->unwanted_;
    which->passing_ = !unwanted;
  }
  if (unwanted) {
    // Given up after its turn had come: nobody is asked.
    auto none = given_up_reply();
    ended(none);
    return which->answer(std::move(none));
  }
  which->what.deadline = deadline;
  const auto sent_as = behind_->send(which->what, [which, ended = std::move(ended)](model_reply x) {
    ended(x);
    which->answer(std::move(x));
  });
  {
    const std::lock_guard hold{which->mutex_};
    which->sent_as_ = sent_as;
    unwanted = which->unwanted_;
  }
  if (unwanted)
    behind_->cancel(sent_as);
}

} // namespace troupe
