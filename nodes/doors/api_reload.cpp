#include "nodes/doors/access.hpp"
#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/base64.hpp"
#include "nodes/doors/body_reader.hpp"
#include "nodes/doors/uri.hpp"
#include "src/config/folder_snapshot.hpp"

#include <optional>

namespace troupe {

namespace {

/// A file is its text, or {"base64", "executable"}.
std::optional<config::snapshot_file> read_file(const json& x, const std::string& at,
                                               std::vector<body_error>& errors) {
  if (x.is_string())
    return config::snapshot_file{x.get<std::string>(), false};
  if (!x.is_object()) {
    errors.push_back({at, "must be a text, or an object with base64"});
    return std::nullopt;
  }
  member_reader in{x, at, errors};
  const auto before = errors.size();
  auto bytes = from_base64(in.text("base64", config::snapshot_limits::bytes * 2));
  if (!bytes)
    in.fail("base64", "is no base64");
  const bool executable = in.boolean("executable");
  in.end();
  if (errors.size() > before)
    return std::nullopt;
  return config::snapshot_file{*std::move(bytes), executable};
}

/// The folder that the body holds, packed; empty: it holds none.
std::string read_files(const json& body, std::vector<body_error>& errors) {
  config::folder_snapshot out;
  for (const auto& [path, file] : body.items())
    if (auto got = read_file(file, "/files/" + path, errors))
      out.files.emplace(path, *std::move(got));
  if (errors.empty() && out.files.empty())
    errors.push_back({"/files", "holds no file"});
  if (errors.empty())
    if (const auto flaw = config::flaw_of(out); !flaw.empty())
      errors.push_back({"/files", flaw});
  return errors.empty() ? config::pack(out) : std::string{};
}

json diagnostics_view(const std::vector<config::diagnostic>& all) {
  auto out = json::array();
  for (const auto& d : all)
    out.push_back({{"file", d.file},
                   {"line", d.line},
                   {"column", d.column},
                   {"key", d.key},
                   {"detail", config::to_string(d)}});
  return out;
}

/// The folder is wrong: the problem document says where, as files have places and no pointers.
http_reply bad_folder(const std::vector<config::diagnostic>& errors, std::string_view path) {
  problem p;
  p.status = 422;
  p.word = "invalid_fleet";
  p.title = "Fleet that cannot be used";
  p.detail = "the folder has " + std::to_string(errors.size()) +
             (errors.size() == 1 ? " error" : " errors") + ", and nothing has been changed";
  auto out = to_reply(p, path);
  auto document = json::parse(out.body, nullptr, false);
  document["errors"] = diagnostics_view(errors);
  out.body = json_reply(document).body;
  return out;
}

void make_version_of(const api_ptr& api, http_request& what, const responder& answer) {
  problem bad;
  const auto body = read_object(what, bad, true);
  if (!body)
    return refuse(answer, bad, what.path);
  std::vector<body_error> errors;
  member_reader in{*body, "", errors};
  reload_fleet wanted;
  wanted.domain = in.text("domain", config::snapshot_limits::path);
  const auto files = in.object("files");
  in.end();
  if (!wanted.domain.empty() && files.is_null())
    errors.push_back({"/files", "a domain's folder has to be given with it"});
  if (errors.empty() && files.is_object())
    wanted.content = read_files(files, errors);
  if (!errors.empty())
    return refuse(answer, bad_request("the body breaks its schema", std::move(errors)), what.path);
  if (what.pass && !what.pass->allows(access_scope::admin, wanted.domain))
    return refuse(answer,
                  not_allowed(wanted.domain.empty()
                                  ? "this key may not change the whole fleet"
                                  : "this key may not change the domain " + wanted.domain),
                  what.path);
  api->node_for(what, access_scope::admin)
      ->reload(std::move(wanted), [answer, path = std::string{what.path}](const fleet_reloaded& x,
                                                                          const refused& why) {
        if (why.why != refusal::none)
          return answer.send(to_reply(problem_of(why), path));
        if (!x.errors.empty())
          return answer.send(bad_folder(x.errors, path));
        if (x.version == 0)
          return answer.send(to_reply(problem_of(x.why), path));
        answer.send(json_reply({{"version", x.version},
                                {"changed", !x.change.nothing()},
                                {"changes", to_json(x.change)}}));
      });
}

void list_versions(const api_ptr& api, http_request& what, const responder& answer) {
  if (const auto bad = query_reader{what.query}.end())
    return refuse(answer, *bad, what.path);
  api->node_for(what)->versions(rendered<versions_viewed>(
      answer, what.path, [](const versions_viewed& x, const std::string&) {
        json out{{"versions", json::array()}, {"nodes", json::array()}};
        for (const auto& v : x.versions) {
          json row{{"version", v.number},
                   {"state", to_string(v.state)},
                   {"at", time_text(v.at)},
                   {"digest", v.digest},
                   {"node", v.node}};
          const auto about = json::parse(v.about, nullptr, false);
          if (about.is_object()) {
            row["changes"] = about.value("change", json::object());
            row["by"] = about.value("by", "");
          }
          if (!v.why.empty())
            row["why"] = v.why;
          out["versions"].push_back(std::move(row));
        }
        for (const auto& n : x.nodes) {
          json row{{"node", n.node}, {"version", n.active}, {"worksOn", n.works_on}};
          if (n.answered != 0) {
            row["answered"] = n.answered;
            row["ready"] = n.ready;
          }
          if (!n.refused.empty())
            row["refused"] = n.refused;
          out["nodes"].push_back(std::move(row));
        }
        return json_reply(out);
      }));
}

} // namespace

void add_reload(router& to, const api_ptr& api) {
  to.add("GET", "/v1/fleet/versions", route_need::fleet(access_scope::read),
         [api](http_request& what, const responder& answer) { list_versions(api, what, answer); });
  to.add(
      "POST", "/v1/fleet/reload", route_need::somewhere(access_scope::admin),
      [api](http_request& what, const responder& answer) { make_version_of(api, what, answer); });
}

} // namespace troupe
