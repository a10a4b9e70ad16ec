#include "actors/boundary.hpp"
#include "nodes/doors/json_text.hpp"
#include "nodes/doors/uri.hpp"
#include "nodes/doors/views.hpp"

namespace troupe {

namespace {

void append_usage(std::string& out, const usage& x) {
  object_text o{out};
  o.integer("input_tokens", static_cast<std::int64_t>(x.input_tokens));
  o.integer("output_tokens", static_cast<std::int64_t>(x.output_tokens));
  o.integer("cost_micros", static_cast<std::int64_t>(x.cost_micros));
  o.integer("calls", x.calls);
  if (x.cached_tokens > 0)
    o.integer("cached_tokens", static_cast<std::int64_t>(x.cached_tokens));
  if (x.cache_write_tokens > 0)
    o.integer("cache_write_tokens", static_cast<std::int64_t>(x.cache_write_tokens));
  o.end();
}

void append_result(std::string& out, const outcome& x) {
  object_text o{out};
  o.text("text", x.text);
  o.value("data", x.data);
  o.real("confidence", x.confidence);
  o.boolean("partial", x.partial);
  append_usage(o.key("usage"), x.used);
  if (x.failed) {
    object_text e{o.key("error")};
    e.text("reason", to_string(x.failed.why));
    e.text("detail", x.failed.detail);
    if (x.failed.retry_after.count() > 0)
      e.integer("retry_after_ms", x.failed.retry_after.count());
    if (!x.failed.errors.empty())
      e.value("errors", to_json(x.failed.errors));
    e.end();
  }
  o.end();
}

void append_moment(object_text& o, std::string_view name, timestamp at) {
  if (at == no_deadline || at == timestamp{})
    return;
  auto& out = o.key(name);
  out += '"';
  append_time(out, at);
  out += '"';
}

} // namespace

void append_task(std::string& out, const task_record& x) {
  const auto& t = *x.what;
  out.reserve(out.size() + 640 + t.text.size() + (x.result ? x.result->text.size() : 0));
  object_text o{out};
  o.text("id", t.id);
  o.text_if("contextId", t.context_id);
  {
    object_text s{o.key("status")};
    s.text("state", to_string(x.state));
    s.text("phase", to_string(x.phase));
    append_moment(s, "timestamp", x.updated);
    s.end();
  }
  o.text("domain", t.domain);
  o.text_if("skill", t.skill);
  o.text("text", t.text);
  if (!t.data.is_null())
    o.value("data", t.data);
  if (!t.who.id.empty() || !t.who.tier.empty()) {
    object_text c{o.key("customer")};
    c.text_if("id", t.who.id);
    c.text_if("tier", t.who.tier);
    c.end();
  }
  o.text("priority", to_string(t.urgency));
  o.text("durability", to_string(t.keep));
  append_moment(o, "created", t.created);
  // Nobody knows when a task ends whose clock stands still.
  if (t.firm || x.state != task_state::input_required)
    append_moment(o, "deadline", x.moved_deadline != no_deadline ? x.moved_deadline : t.deadline);
  o.text("traceId", trace_id_of(t));
  o.text_if("parent", t.parent);
  if (x.cut)
    o.boolean("cut", true);
  if (x.result)
    append_result(o.key("result"), *x.result);
  o.end();
}

json task_view(const task_record& x) {
  std::string text;
  append_task(text, x);
  return json::parse(text);
}

json usage_view(const usage& x) {
  std::string text;
  append_usage(text, x);
  return json::parse(text);
}

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most)
    return std::string{text};
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return std::string{text.substr(0, end)} + "\xE2\x80\xA6";
}

} // namespace troupe
