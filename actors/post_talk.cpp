#include "actors/post_talk.hpp"

#include "actors/post_wire.hpp"

namespace troupe::post_talk {

namespace {

template <class Message>
std::string bytes_of(const Message& m) {
  return m.SerializeAsString();
}

/// `made` makes the value of a parsed message and may throw `malformed`.
template <class Message, class F>
auto read(std::string_view body, const char* what, F&& made) {
  Message m;
  decoded<decltype(made(m))> out;
  if (body.size() > std::size_t{64} << 20 ||
      !m.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    out.error = std::string{what} + ": malformed";
    return out;
  }
  try {
    out.value.emplace(made(m));
  } catch (const wire::malformed& e) {
    out.error = std::string{what} + ": " + e.what();
  }
  return out;
}

void put(const agent_spec& x, v1::AgentDeclared& out) {
  const auto& card = x.card;
  out.set_name(card.name);
  out.set_domain(card.domain);
  out.set_description(card.description);
  out.set_kind(static_cast<std::uint32_t>(card.kind));
  for (const auto& s : card.skills)
    out.add_skills(s);
  for (const auto& l : card.labels)
    out.add_labels(l);
  out.set_cost(card.cost);
  out.set_quality(card.quality);
  out.set_does(static_cast<std::uint32_t>(card.does));
  out.set_replicas(x.replicas);
  out.set_slots(x.slots);
  out.set_queue_limit(x.queue_limit);
  out.set_timeout(x.timeout.count());
  for (const auto& f : x.reads)
    out.add_reads(f);
  for (const auto& f : x.writes)
    out.add_writes(f);
  out.set_min_confidence(x.min_confidence);
  for (const auto& f : x.fallback)
    out.add_fallback(f);
  out.set_provider(x.provider);
  out.set_shed_at(x.shed_at);
  out.set_since(x.since);
  if (x.card.kind == agent_kind::human && x.settings.is_object())
    out.set_queue(x.settings.value("queue", std::string{}));
}

std::shared_ptr<const agent_spec> take(v1::AgentDeclared& in) {
  auto out = std::make_shared<agent_spec>();
  auto& card = out->card;
  card.name = std::move(*in.mutable_name());
  card.domain = std::move(*in.mutable_domain());
  card.description = std::move(*in.mutable_description());
  card.kind = wire::enum_of<agent_kind>(in.kind(), "agent.kind");
  card.skills = {in.skills().begin(), in.skills().end()};
  card.labels = {in.labels().begin(), in.labels().end()};
  card.cost = in.cost();
  card.quality = in.quality();
  card.does = wire::enum_of<effects>(in.does(), "agent.does");
  out->replicas = in.replicas();
  out->slots = in.slots();
  out->queue_limit = in.queue_limit();
  out->timeout = milliseconds{in.timeout()};
  out->reads = {in.reads().begin(), in.reads().end()};
  out->writes = {in.writes().begin(), in.writes().end()};
  out->min_confidence = in.min_confidence();
  out->fallback = {in.fallback().begin(), in.fallback().end()};
  out->provider = std::move(*in.mutable_provider());
  out->shed_at = in.shed_at();
  out->since = in.since();
  out->settings = json::object();
  if (!in.queue().empty())
    out->settings["queue"] = in.queue();
  if (card.name.empty() || card.domain.empty())
    throw wire::malformed{"an agent without a name or a domain"};
  return out;
}

std::uint64_t nonzero(std::uint64_t x, const char* field) {
  if (x == 0)
    throw wire::malformed{std::string{field} + " is missing"};
  return x;
}

} // namespace

std::string encode_greeting(const greeting& x) {
  v1::Greeting m;
  m.set_stream(x.stream);
  m.set_heard_stream(x.heard_stream);
  m.set_heard_upto(x.heard_upto);
  m.set_envelopes(x.window.envelopes);
  m.set_bytes(x.window.bytes);
  m.set_now(x.now.time_since_epoch().count());
  return bytes_of(m);
}

decoded<greeting> decode_greeting(std::string_view body) {
  return read<v1::Greeting>(body, "greeting", [](v1::Greeting& m) {
    return greeting{nonzero(m.stream(), "stream"),
                    m.heard_stream(),
                    m.heard_upto(),
                    {nonzero(m.envelopes(), "envelopes"), nonzero(m.bytes(), "bytes")},
                    timestamp{microseconds{m.now()}}};
  });
}

std::string encode_ack(std::uint64_t upto) {
  v1::Ack m;
  m.set_upto(upto);
  return bytes_of(m);
}

decoded<std::uint64_t> decode_ack(std::string_view body) {
  return read<v1::Ack>(body, "ack", [](v1::Ack& m) { return m.upto(); });
}

std::string encode_told(const std::vector<seat_news>& x) {
  v1::SeatsTold m;
  for (const auto& s : x) {
    auto& out = *m.add_seats();
    out.set_where(s.where.str());
    out.set_incarnation(s.incarnation);
    if (s.what)
      put(*s.what, *out.mutable_what());
    out.set_health(static_cast<std::uint32_t>(s.state));
    out.set_load(s.load);
    out.set_success_rate(s.success_rate);
  }
  return bytes_of(m);
}

decoded<std::vector<seat_news>> decode_told(std::string_view body) {
  return read<v1::SeatsTold>(body, "seats_told", [](v1::SeatsTold& m) {
    std::vector<seat_news> out;
    out.reserve(static_cast<std::size_t>(m.seats_size()));
    for (auto& s : *m.mutable_seats())
      out.push_back({wire::take_address(s.where(), "seat.where"),
                     nonzero(s.incarnation(), "seat.incarnation"),
                     s.has_what() ? take(*s.mutable_what()) : nullptr,
                     wire::enum_of<health>(s.health(), "seat.health"), s.load(), s.success_rate()});
    return out;
  });
}

std::string encode_gone(const std::vector<seat_gone>& x) {
  v1::SeatsGone m;
  for (const auto& s : x) {
    auto& out = *m.add_seats();
    out.set_where(s.where.str());
    out.set_incarnation(s.incarnation);
    if (s.why)
      wire::put(s.why, *out.mutable_why());
    out.set_moved(s.moved);
  }
  return bytes_of(m);
}

decoded<std::vector<seat_gone>> decode_gone(std::string_view body) {
  return read<v1::SeatsGone>(body, "seats_gone", [](v1::SeatsGone& m) {
    std::vector<seat_gone> out;
    out.reserve(static_cast<std::size_t>(m.seats_size()));
    for (auto& s : *m.mutable_seats())
      out.push_back({wire::take_address(s.where(), "seat.where"), s.incarnation(),
                     s.has_why() ? wire::take(*s.mutable_why()) : caf::error{}, s.moved()});
    return out;
  });
}

std::string encode_returned(const returned& back) {
  const auto& x = back.what;
  v1::Returned m;
  m.set_reason(static_cast<std::uint32_t>(back.why.why));
  m.set_detail(back.why.detail);
  m.set_to(x.to.str());
  m.set_from(x.from.name.empty() ? std::string{} : x.from.str());
  m.set_kind(x.kind);
  m.set_body(x.body);
  if (x.deadline != no_deadline)
    m.set_deadline(x.deadline.time_since_epoch().count());
  m.set_priority(static_cast<std::uint32_t>(x.urgency));
  m.set_trace(x.trace);
  m.set_epoch(x.epoch);
  return bytes_of(m);
}

decoded<returned> decode_returned(std::string_view body) {
  return read<v1::Returned>(body, "returned", [](v1::Returned& m) {
    returned out;
    auto& x = out.what;
    x.to = wire::take_address(m.to(), "returned.to");
    if (!m.from().empty())
      x.from = wire::take_address(m.from(), "returned.from");
    x.kind = std::move(*m.mutable_kind());
    x.body = std::move(*m.mutable_body());
    if (m.has_deadline())
      x.deadline = timestamp{microseconds{m.deadline()}};
    x.urgency = wire::enum_of<priority>(m.priority(), "returned.priority");
    x.trace = std::move(*m.mutable_trace());
    x.epoch = m.epoch();
    out.why = {
        wire::enum_of<reason>(m.reason(), "returned.reason"), std::move(*m.mutable_detail()), {}};
    return out;
  });
}

std::string encode_mark(const move_mark& x) {
  v1::MoveMark m;
  m.set_where(x.where.str());
  m.set_incarnation(x.incarnation);
  m.set_answer(x.answer);
  return bytes_of(m);
}

decoded<move_mark> decode_mark(std::string_view body) {
  return read<v1::MoveMark>(body, "move_mark", [](v1::MoveMark& m) {
    return move_mark{wire::take_address(m.where(), "mark.where"), m.incarnation(), m.answer()};
  });
}

void stamp(std::string& body, std::uint64_t incarnation, std::uint64_t asks,
           std::uint64_t answers) {
  v1::Parcel m;
  m.set_incarnation(incarnation);
  m.set_asks(asks);
  m.set_answers(answers);
  m.AppendToString(&body);
}

std::uint64_t asks_in(std::string_view body) {
  v1::Parcel m;
  return m.ParseFromArray(body.data(), static_cast<int>(body.size())) ? m.asks() : 0;
}

} // namespace troupe::post_talk
