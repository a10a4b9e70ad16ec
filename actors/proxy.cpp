#include "actors/proxy.hpp"

namespace troupe {

namespace {

/// What the envelope says about its content.
void label(const caf::message& x, carry& out) {
  if (x.match_elements<run_call>()) {
    const auto& call = *x.get_as<run_call>(0).what;
    out.deadline = call.deadline;
    out.urgency = call.urgency;
    out.trace = call.about->trace_id;
    out.epoch = call.epoch;
  } else if (x.match_elements<submit_task>()) {
    const auto& task = *x.get_as<submit_task>(0).what;
    out.deadline = task.deadline;
    out.urgency = task.urgency;
    out.trace = task.trace_id;
  } else if (x.match_elements<call_ended>()) {
    out.call = x.get_as<call_ended>(0).call;
    out.ends_call = true;
  } else if (x.match_elements<call_handed_over>()) {
    out.call = x.get_as<call_handed_over>(0).call;
    out.ends_call = true;
  }
}

} // namespace

carry::~carry() {
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
  try {
    if (auto bytes = pack({0, 0, 0, content}))
      item->what = *std::move(bytes);
    else
      item->problem = "no message of this type crosses between nodes";
  } catch (const encode_error& e) {
    item->problem = e.what();
  }
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
                          proxy_home home) {
  caf::actor_config config;
  proxy_ptr out{caf::make_actor<proxy, caf::strong_actor_ptr>(
      sys.next_actor_id(), sys.node(), &sys, config, std::move(where),
      caf::actor_cast<caf::actor_addr>(post))};
  out->home = std::move(home);
  return out;
}

} // namespace troupe
