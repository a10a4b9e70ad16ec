#include "actors/proxy.hpp"

#include "actors/call_messages.hpp"
#include "actors/flight_log.hpp"
#include "actors/post_less.hpp"
#include "actors/task_messages.hpp"

namespace troupe {

namespace {

/// What the envelope says about its content.
void label(const caf::message& x, carry& out) {
  if (x.match_elements<run_call>()) {
    const auto& call = *x.get_as<run_call>(0).what;
    out.deadline = call.deadline;
    out.urgency = call.urgency;
    out.trace = trace_of(*call.about);
    out.epoch = call.epoch;
  } else if (x.match_elements<claim_call>()) {
    const auto& call = *x.get_as<claim_call>(0).what;
    out.deadline = call.deadline;
    out.urgency = call.urgency;
    out.trace = trace_of(*call.about);
    out.epoch = call.epoch;
  } else if (x.match_elements<submit_task>()) {
    const auto& task = *x.get_as<submit_task>(0).what;
    out.deadline = task.deadline;
    out.urgency = task.urgency;
    out.trace = trace_of(task);
  } else if (x.match_elements<call_ended>()) {
    out.call = x.get_as<call_ended>(0).call;
    out.ends_call = true;
  } else if (x.match_elements<call_handed_over>()) {
    out.call = x.get_as<call_handed_over>(0).call;
    out.ends_call = true;
  } else if (x.match_elements<call_not_here>()) {
    out.call = x.get_as<call_not_here>(0).call;
    out.ends_call = true;
  }
}

/// What an item takes up in the post's mailbox, beside what its parts hold elsewhere.
constexpr std::size_t carry_overhead = sizeof(carry) + 256;

/// Says to whoever sent it that it is not sent; false when nobody is to be told.
bool turn_away(const carry& item, const caf::message& content, const failure& why,
               caf::execution_unit* host) {
  if (!item.sender)
    return false;
  if (item.id.is_request()) {
    item.sender->enqueue(item.via, item.id.response_id(),
                         caf::make_message(failure_error(why.detail)), host);
    return true;
  }
  auto said = refusal_of(content, why);
  if (said)
    item.sender->enqueue(item.via, caf::make_message_id(), *std::move(said), host);
  return said.has_value();
}

} // namespace

carry::~carry() {
  if (from)
    from->release(cost);
  if (!taken && sender && id.is_request())
    sender->enqueue(via, id.response_id(),
                    caf::make_message(caf::make_error(caf::sec::request_receiver_down)), nullptr);
}

void proxy::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) {
  const auto post = caf::actor_cast<caf::strong_actor_ptr>(post_);
  if (ended() || !post) {
    bounce(what, caf::make_error(caf::sec::request_receiver_down));
    return;
  }
  auto item = std::make_shared<carry>();
  item->via = ctrl();
  item->sender = what->sender;
  item->id = what->mid;
  const auto content = what->move_content_to_message();
  label(content, *item);
  std::string unfit;
  try {
    auto bytes = pack({0, 0, 0, content});
    if (!bytes)
      item->problem = "no message of this type crosses between nodes";
    else if (bytes->body.size() > intake_->largest())
      unfit = too_many_bytes(bytes->body.size());
    else
      item->what = *std::move(bytes);
  } catch (const encode_error& e) {
    unfit = e.what();
  }
  if (!unfit.empty()) {
    // However much of it waits, it will never be taken.
    if (turn_away(*item, content,
                  {reason::invalid_input, "it cannot cross to another node: " + unfit, {}}, host)) {
      item->taken = true;
      intake_->turn_away();
      return;
    }
    const auto answers = item->id.is_response() ? item->id.request_id().integer_value() : 0;
    if (auto less = pack_less({0, 0, answers, content}, intake_->largest(), unfit))
      item->what = *std::move(less);
    item->problem = std::move(unfit);
  }
  const auto cost = carry_overhead + item->what.body.size() + item->trace.size();
  const bool asks_for_work = (item->sender && item->id.is_request()) ||
                             opens_work(item->what.kind) || only_hints(item->what.kind);
  if (!intake_->admit(cost, asks_for_work)) {
    item->taken = true;
    turn_away(*item, content,
              {reason::rate_limited, "too much waits to be sent to other nodes", post_come_back},
              host);
    return;
  }
  item->cost = cost;
  item->from = intake_;
  post->enqueue(nullptr, caf::make_message_id(), caf::make_message(std::move(item)), host);
}

std::string node_behind(const caf::strong_actor_ptr& x) {
  const auto* far = x ? dynamic_cast<const proxy*>(x->get()) : nullptr;
  if (!far || far->where().kind != address_kind::node)
    return {};
  const auto& name = far->where().name;
  return name.substr(0, name.find('/'));
}

proxy_ptr proxy_ptr::make(caf::actor_system& sys, address where, const caf::actor& post,
                          std::shared_ptr<post_intake> intake, proxy_home home) {
  caf::actor_config config;
  proxy_ptr out{caf::make_actor<proxy, caf::strong_actor_ptr>(
      sys.next_actor_id(), sys.node(), &sys, config, std::move(where),
      caf::actor_cast<caf::actor_addr>(post), std::move(intake))};
  out->home = std::move(home);
  return out;
}

} // namespace troupe
