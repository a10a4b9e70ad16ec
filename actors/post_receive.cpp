#include "actors/call_messages.hpp"
#include "actors/flight_log.hpp"
#include "actors/post.hpp"
#include "actors/task_messages.hpp"

#include <algorithm>
#include <charconv>

namespace troupe {

namespace {

/// Our clock is ahead of the one that `x` is by.
timestamp by_our_clock(timestamp x, microseconds ahead) {
  constexpr timestamp far = no_deadline - std::chrono::hours{24 * 365};
  return x >= far ? x : x + ahead;
}

void convert_deadline(caf::message& what, microseconds ahead) {
  if (what.match_elements<run_call>()) {
    const auto& x = what.get_as<run_call>(0);
    auto call = std::make_shared<agent_call>(*x.what);
    call->deadline = by_our_clock(call->deadline, ahead);
    what = caf::make_message(run_call{x.call, std::move(call), x.again});
  } else if (what.match_elements<claim_call>()) {
    const auto& x = what.get_as<claim_call>(0);
    auto call = std::make_shared<agent_call>(*x.what);
    call->deadline = by_our_clock(call->deadline, ahead);
    what = caf::make_message(claim_call{x.call, std::move(call)});
  } else if (what.match_elements<submit_task>()) {
    auto x = what.get_as<submit_task>(0);
    auto t = std::make_shared<task>(*x.what);
    t->deadline = by_our_clock(t->deadline, ahead);
    x.what = std::move(t);
    what = caf::make_message(std::move(x));
  }
}

/// The number of the call that this opens for an agent; nothing: it opens none.
std::optional<std::uint64_t> opened_call(const caf::message& what) {
  if (what.match_elements<run_call>())
    return what.get_as<run_call>(0).call;
  if (what.match_elements<claim_call>())
    return what.get_as<claim_call>(0).call;
  return std::nullopt;
}

} // namespace

std::optional<caf::actor_id> actor_in(const address& x, const std::string& node) {
  const auto prefix = node + "/@";
  if (x.kind != address_kind::node || !x.name.starts_with(prefix))
    return std::nullopt;
  caf::actor_id out = 0;
  const auto* end = x.name.data() + x.name.size();
  const auto read = std::from_chars(x.name.data() + prefix.size(), end, out);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return out;
}

void post_state::on_batch(const batch_arrived& x) {
  auto hit = peers_.find(x.from.node);
  if (hit != peers_.end() && hit->second.who.incarnation == x.from.incarnation) {
    auto& p = hit->second;
    for (const auto& e : *x.what) {
      if (!p.linked)
        break; // We have just cut it: the rest comes again.
      take_in(p, e);
    }
  }
  network_->consumed(x.from.node, 1);
}

void post_state::take_in(peer_entry& p, const envelope& x) {
  if (x.kind == post_talk::greeting_kind) {
    on_greeting(p, x);
    return;
  }
  // A peer that has not noticed yet that the link is a new one comes back to what it sent once it
  // has greeted; after a loss it has yet to begin a stream that we can follow.
  if (!p.heard || p.in.stream() == 0)
    return;
  if (x.kind == post_talk::ack_kind) {
    const auto upto = post_talk::decode_ack(x.body);
    // The first acknowledgements of a new stream may be meant for the one before.
    if (!p.agreed)
      return;
    if (!upto || !p.out.acknowledge(*upto)) {
      ++p.counters.malformed;
      cut(p, upto ? "it acknowledges what was never sent" : upto.error);
      return;
    }
    if (p.out.next())
      flush_later();
    return;
  }
  switch (p.in.take(x.number)) {
  case delivery_in::verdict::gap:
    ++p.counters.malformed;
    cut(p, "number " + std::to_string(x.number) + " came after " + std::to_string(p.in.upto()));
    return;
  case delivery_in::verdict::duplicate:
    ++p.counters.duplicates;
    acknowledge_later(p, x.body.size());
    return;
  case delivery_in::verdict::fresh:
    break;
  }
  ++p.counters.received;
  p.counters.received_bytes += x.body.size();
  acknowledge_later(p, x.body.size());
  if (x.kind == post_talk::told_kind)
    on_told(p, x);
  else if (x.kind == post_talk::gone_kind)
    on_gone(p, x);
  else if (x.kind == post_talk::returned_kind)
    on_returned(p, x);
  else if (x.kind == post_talk::mark_kind)
    on_mark(p, x);
  else
    deliver(p, x);
}

caf::strong_actor_ptr post_state::sender_of(peer_entry& p, const address& from) {
  if (!actor_in(from, p.who.node))
    return nullptr;
  if (auto hit = p.senders.find(from.name); hit != p.senders.end())
    return hit->second.actor();
  if (p.senders.size() >= config_.max_proxies)
    return nullptr;
  auto made = proxy_ptr::make(self_->system(), from, caf::actor_cast<caf::actor>(self_), intake_,
                              {p.who.node, 0, false});
  return p.senders.emplace(from.name, std::move(made)).first->second.actor();
}

caf::strong_actor_ptr post_state::target_of(peer_entry& p, const envelope& x,
                                            std::uint64_t incarnation, failure& why) {
  const auto gone = [&](const char* how) {
    why = {reason::unavailable, x.to.str() + how, {}};
    return caf::strong_actor_ptr{};
  };
  if (x.to.kind == address_kind::node && x.to.name.find('@') != std::string::npos) {
    const auto id = actor_in(x.to, me_);
    const auto hit = id ? known_.find(*id) : known_.end();
    if (hit == known_.end() || !hit->second.peers.contains(p.who.node))
      return gone(" has ended");
    return caf::actor_cast<caf::strong_actor_ptr>(hit->second.who);
  }
  const auto mine = here_.find(x.to);
  if (mine == here_.end() || mine->second.ended) {
    const auto other = elsewhere_.find(x.to);
    if (other != elsewhere_.end() && other->second.who && other->second.at != p.who.node)
      return nullptr; // It has moved on, and its old self is gone already.
    return gone(" is not here");
  }
  if (mine->second.moved)
    return nullptr;
  const auto sitter = mine->second.place->now();
  if (!lives_here(*mine->second.place, sitter.handle))
    return nullptr;
  if (!sitter.handle)
    return gone(" is down");
  if (incarnation != 0 && incarnation != sitter.incarnation)
    return gone(" has been restarted");
  return caf::actor_cast<caf::strong_actor_ptr>(sitter.handle);
}

void post_state::deliver(peer_entry& p, const envelope& x) {
  auto read =
      unpack(x.kind, x.body, [this](const address& where) { return parts_->places->find(where); });
  if (!read || read->asks > caf::message_id::request_id_mask) {
    ++p.counters.malformed;
    parts_->log->warn("post: an envelope from {} to {} cannot be read: {}", p.who.node, x.to.str(),
                      read ? "no such request" : read.error);
    give_back(p, x, {reason::invalid_input, "it could not be read: " + read.error, {}});
    return;
  }
  if (read->answers != 0) {
    // Only who was asked may answer.
    const auto hit = asks_.find(read->answers);
    if (hit != asks_.end() && hit->second.node == p.who.node) {
      note_arrived(*parts_, parts_->now(self_), x);
      deliver_answer(read->answers, std::move(read->what));
    }
    return;
  }
  const bool opens = read->asks != 0 || opens_work(x.kind);
  if (opens && by_our_clock(x.deadline, p.ahead) <= parts_->now(self_)) {
    give_back(p, x, {reason::timeout, "its time was over when it arrived", {}});
    return;
  }
  failure why;
  const auto to = target_of(p, x, read->incarnation, why);
  if (!to) {
    if (opens || !why)
      give_back(p, x, std::move(why));
    return;
  }
  const auto from = sender_of(p, x.from);
  if (!from && opens) {
    give_back(p, x, {reason::rate_limited, "nobody can be answered there", {}});
    return;
  }
  const bool exits = read->what.match_elements<caf::exit_msg>();
  if (exits && !config_.takes_exits) {
    ++p.counters.refused;
    parts_->log->warn("post: {} wants {} to end, which is not for it to say", p.who.node,
                      x.to.str());
    return;
  }
  if (exits)
    read->what = caf::make_message(
        caf::exit_msg{from ? caf::actor_cast<caf::actor_addr>(from) : caf::actor_addr{},
                      read->what.get_as<caf::exit_msg>(0).reason});
  if (p.ahead.count() != 0)
    convert_deadline(read->what, p.ahead);
  if (const auto call = opened_call(read->what); call && x.to.kind == address_kind::agent) {
    const auto& place = here_.at(x.to).place;
    if (p.relayed.emplace(relayed_call{x.from.name, *call}, place).second)
      place->load.fetch_add(1, std::memory_order_relaxed);
  }
  note_arrived(*parts_, parts_->now(self_), x);
  const caf::message_id id{caf::message_id::default_async_value | read->asks};
  to->enqueue(caf::make_mailbox_element(from, id, {}, std::move(read->what)), self_->context());
}

void post_state::deliver_answer(std::uint64_t number, caf::message content) {
  auto hit = asks_.extract(number);
  if (hit.empty())
    return;
  auto& x = hit.mapped();
  x.who->enqueue(x.via.actor(), x.id.response_id(), std::move(content), self_->context());
}

void post_state::give_back(peer_entry& p, const envelope& x, failure why) {
  ++p.counters.refused;
  note_refused(*parts_, parts_->now(self_), x, why);
  tell(p, post_talk::returned_kind, post_talk::encode_returned({x, std::move(why)}));
}

void post_state::call_over(peer_entry& p, const std::string& from, std::uint64_t call) {
  if (auto hit = p.relayed.extract({from, call}); !hit.empty())
    hit.mapped()->load.fetch_sub(1, std::memory_order_relaxed);
}

} // namespace troupe
