#include "nodes/doors/submit_request.hpp"

#include "nodes/doors/body_reader.hpp"
#include "nodes/doors/uri.hpp"

namespace troupe {

namespace {

constexpr std::size_t key_max = 255;
constexpr std::int64_t timeout_max_ms = 30ll * 24 * 3600 * 1000;

/// Names travel in paths, logs and metrics: control characters have no business in them.
bool is_plain(std::string_view text) noexcept {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return false;
  return true;
}

} // namespace

std::string read_name(member_reader& from, std::string_view member) {
  auto out = from.text(member, name_max);
  if (!is_plain(out))
    from.fail(member, "must not hold control characters");
  return out;
}

void read_delivery(const http_request& from, task_request& out, std::vector<body_error>& errors) {
  const auto key = from.header("idempotency-key");
  if (key.size() > key_max || !is_plain(key) || find_bad_utf8(key) != std::string_view::npos)
    errors.push_back({"", "the Idempotency-Key must be UTF-8 of at most 255 bytes"});
  out.idempotency_key = key;
  out.trace_id = trace_id_in(from.header("traceparent"));
}

std::string_view trace_id_in(std::string_view x) noexcept {
  // version "-" trace id "-" parent id "-" flags; later versions may add to the end.
  if (x.size() < 55 || x[2] != '-' || x[35] != '-' || x[52] != '-' || x.substr(0, 2) == "ff")
    return {};
  if (x.size() > 55 && (x.substr(0, 2) == "00" || x[55] != '-'))
    return {};
  for (std::size_t i = 0; i < 55; ++i)
    if (i != 2 && i != 35 && i != 52 &&
        !((x[i] >= '0' && x[i] <= '9') || (x[i] >= 'a' && x[i] <= 'f')))
      return {};
  const auto id = x.substr(3, 32);
  if (id.find_first_not_of('0') == std::string_view::npos ||
      x.substr(36, 16).find_first_not_of('0') == std::string_view::npos)
    return {};
  return id;
}

std::optional<task_request> read_submission(const http_request& from, problem& why) {
  const auto body = read_object(from, why);
  if (!body)
    return std::nullopt;
  std::vector<body_error> errors;
  member_reader in{*body, "", errors};
  task_request out;
  out.domain = read_name(in, "domain");
  out.skill = read_name(in, "skill");
  out.text = in.text("text");
  out.data = in.object("data");
  out.context_id = read_name(in, "context_id");
  out.home = read_name(in, "home_region");
  out.urgency = in.word<priority>("priority");
  out.keep = in.word<durability>("durability");
  if (const auto ms = in.integer("timeout_ms", 1, timeout_max_ms))
    out.timeout = milliseconds{*ms};
  if (const auto who = in.object("customer"); !who.is_null()) {
    member_reader c{who, "/customer", errors};
    out.who.id = read_name(c, "id");
    out.who.tier = read_name(c, "tier");
    c.end();
  }
  if (auto context = in.object("context"); !context.is_null()) {
    if (out.data.is_object() && out.data.contains("context"))
      in.fail("context", "is given twice: here and in data.context");
    else
      out.data["context"] = std::move(context);
  }
  in.end();
  const bool says_nothing = out.text.find_first_not_of(" \t\r\n") == std::string::npos;
  if (says_nothing && out.skill.empty() && errors.empty())
    in.fail("text", std::string{in.find("text") ? "must not be blank" : "must not be missing"} +
                        " unless a skill is asked for");
  if (out.data.is_object())
    if (const auto c = out.data.find("context"); c != out.data.end() && !c->is_object())
      errors.push_back({"/data/context", "must be an object"});
  if (!errors.empty()) {
    why = bad_request("the body breaks its schema", std::move(errors));
    return std::nullopt;
  }
  read_delivery(from, out, errors);
  if (!errors.empty()) {
    why = bad_request(errors.front().detail);
    return std::nullopt;
  }
  return out;
}

} // namespace troupe
