#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/uri.hpp"

#include "actors/audit.hpp"
#include "src/store/api_keys.hpp"

#include <chrono>

namespace troupe {

namespace {

constexpr std::int64_t days_max = 36500;

timestamp key_time() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

json key_view(const api_key& x, timestamp now) {
  json out{{"id", x.id},
           {"name", x.name},
           {"team", x.team},
           {"state", to_string(standing_of(x, now))},
           {"allow", json::array()},
           {"made", time_text(x.made)}};
  for (const auto& g : x.grants)
    out["allow"].push_back(to_text(g));
  if (!x.made_by.empty())
    out["madeBy"] = x.made_by;
  if (x.expires != timestamp::max())
    out["expires"] = time_text(x.expires);
  if (x.revoked != timestamp::max())
    out["revoked"] = time_text(x.revoked);
  return out;
}

std::shared_ptr<const key_ring::book> book_of(const api_ptr& api) {
  const auto& keys = api->settings.access.keys;
  return keys ? keys->seen() : nullptr;
}

/// Whether who asks may see and revoke `x`. Without a pass no keys are asked for, and there are
/// none.
bool may_manage(const http_request& what, const api_key& x) {
  return !what.pass || administers(what.pass->key(), x);
}

void list_keys(const api_ptr& api, http_request& what, const responder& answer) {
  if (const auto bad = query_reader{what.query}.end())
    return refuse(answer, *bad, what.path);
  json out{{"keys", json::array()}};
  const auto now = key_time();
  if (const auto book = book_of(api))
    for (const auto& [id, key] : *book)
      if (key && may_manage(what, *key))
        out["keys"].push_back(key_view(*key, now));
  answer.send(json_reply(out));
}

problem cannot_store() {
  return problem_of({refusal::busy, "the store does not take it now", milliseconds{1000}});
}

problem key_conflict(std::string detail) {
  return problem_of({refusal::conflict, std::move(detail), {}});
}

/// What the body wants, with all that is wrong with it.
api_key read_wanted(const json& body, std::vector<body_error>& errors) {
  member_reader in{body, "", errors};
  api_key out;
  out.made = key_time();
  out.name = in.text("name", name_max);
  out.team = in.text("team", name_max);
  if (const auto days = in.integer("expires_in_days", 1, days_max))
    out.expires = out.made + std::chrono::hours{24} * *days;
  const auto* allow = in.find("allow");
  if (!allow || !allow->is_array())
    in.fail("allow", "must be a list such as [\"read\", \"submit:support\"]");
  else
    for (const auto& x : *allow) {
      const auto grant =
          x.is_string() ? parse_grant(x.get_ref<const std::string&>()) : std::nullopt;
      if (grant)
        out.grants.push_back(*grant);
      else
        in.fail("allow", "holds something that is none of " + words_of<access_scope>() +
                             ", with :DOMAIN behind it or without");
    }
  in.end();
  if (errors.empty())
    if (const auto flaw = flaw_of(out); !flaw.empty())
      errors.push_back({"", flaw});
  return out;
}

void create(const api_ptr& api, http_request& what, const responder& answer) {
  problem bad;
  const auto body = read_object(what, bad);
  if (!body)
    return refuse(answer, bad, what.path);
  std::vector<body_error> errors;
  auto wanted = read_wanted(*body, errors);
  if (!errors.empty())
    return refuse(answer, bad_request("the body breaks its schema", std::move(errors)), what.path);
  const auto book = book_of(api);
  if (!book)
    return refuse(answer, not_found("no_keys", "this node has no store to keep keys in"),
                  what.path);
  // Otherwise nobody could make a second one, and nobody could take this one back.
  if (book->empty() && !allows(wanted, access_scope::admin, ""))
    return refuse(answer,
                  key_conflict("the first key has to be allowed admin: from then on keys "
                               "are asked for, and only it can make others"),
                  what.path);
  if (book->size() >= keys_max)
    return refuse(answer, key_conflict("there are " + std::to_string(keys_max) + " keys already"),
                  what.path);
  if (!may_manage(what, wanted))
    return refuse(answer, not_allowed("this key may not give away what it does not administer"),
                  what.path);
  if (what.pass)
    wanted.made_by = what.pass->key().id;
  const auto text = make_key(wanted);
  auto view = key_view(wanted, wanted.made);
  auto record = view;
  record.erase("state");
  record["node"] = api->settings.access.node;
  const bool taken = api->settings.access.write(
      {key_write(wanted),
       audit_write("key/" + wanted.id + "/made", wanted.made, "key.made", std::move(record))},
      [answer, view, text, path = std::string{what.path}](const std::string& wrong) {
        if (!wrong.empty())
          return refuse(answer, cannot_store(), path);
        auto said = view;
        said["key"] = text;
        auto reply = json_reply(said, 201);
        reply.add("Cache-Control", "no-store");
        answer.send(std::move(reply));
      });
  if (!taken)
    refuse(answer, cannot_store(), what.path);
}

void revoke(const api_ptr& api, http_request& what, const responder& answer) {
  if (const auto bad = query_reader{what.query}.end())
    return refuse(answer, *bad, what.path);
  const auto book = book_of(api);
  const auto hit = book ? book->find(what.parameters[0]) : key_ring::book::const_iterator{};
  if (!book || hit == book->end() || !hit->second || !may_manage(what, *hit->second))
    return refuse(answer, not_found("unknown_key", "no such key"), what.path);
  auto key = *hit->second;
  const auto now = key_time();
  if (key.revoked == timestamp::max())
    key.revoked = now;
  json record{{"id", key.id}, {"name", key.name}, {"node", api->settings.access.node}};
  if (what.pass)
    record["by"] = what.pass->key().id;
  const bool taken = api->settings.access.write(
      {revocation_write(key.id, now),
       audit_write("key/" + key.id + "/revoked", now, "key.revoked", std::move(record))},
      [answer, key, now, path = std::string{what.path}](const std::string& wrong) {
        if (wrong.empty())
          answer.send(json_reply(key_view(key, now)));
        else
          refuse(answer, cannot_store(), path);
      });
  if (!taken)
    refuse(answer, cannot_store(), what.path);
}

} // namespace

void add_keys(router& to, const api_ptr& api) {
  constexpr auto need = route_need::somewhere(access_scope::admin);
  to.add("GET", "/v1/keys", need,
         [api](http_request& what, const responder& answer) { list_keys(api, what, answer); });
  to.add("POST", "/v1/keys", need,
         [api](http_request& what, const responder& answer) { create(api, what, answer); });
  to.add("POST", "/v1/keys/{id}/revoke", need,
         [api](http_request& what, const responder& answer) { revoke(api, what, answer); });
}

} // namespace troupe
