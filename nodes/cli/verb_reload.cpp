#include "nodes/cli/fleet_folder.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/client.hpp"
#include "nodes/doors/base64.hpp"
#include "nodes/doors/uri.hpp"
#include "src/config/folder_snapshot.hpp"
#include "src/config/load_fleet.hpp"

#include <filesystem>

namespace troupe::cli {

namespace fs = std::filesystem;

namespace {

struct reload_settings {
  std::string dir;
  std::string domain;
  bool list = false;
};

/// The folder as the door takes it. What `${file:...}` reads stays here: each node has its own.
json files_of(const reload_settings& x) {
  std::vector<fs::path> except;
  if (x.domain.empty())
    except = not_of_the_fleet(x.dir, config::load_fleet(x.dir));
  json out = json::object();
  try {
    for (auto& [path, file] : config::read_folder(x.dir, except).files) {
      if (file.executable || find_bad_utf8(file.bytes) != std::string_view::npos)
        out[path] = {{"base64", to_base64(file.bytes)}, {"executable", file.executable}};
      else
        out[path] = file.bytes;
    }
  } catch (const config::snapshot_error& e) {
    throw cli_error{exit_failed, e.what()};
  }
  return out;
}

std::string changes_text(const json& changes) {
  std::string out;
  const auto add = [&](const char* key, const std::string& what) {
    for (const auto& name : list(changes, key))
      if (name.is_string())
        out += "  " + what + " " + plain(name.get_ref<const std::string&>()) + "\n";
  };
  add("domainsAdded", "new domain");
  add("domainsRemoved", "no more domain");
  add("domainsChanged", "changed domain");
  add("agentsAdded", "new agent");
  add("agentsRemoved", "no more agent");
  add("agentsChanged", "changed agent");
  if (changes.is_object() && changes.contains("entryChanged"))
    out += "  another entry\n";
  if (changes.is_object() && changes.contains("humansChanged"))
    out += "  other queues of people\n";
  if (changes.is_object() && changes.contains("budgetsChanged"))
    out += "  other limits on what the fleet spends\n";
  return out;
}

std::string reload_text(const json& x) {
  const auto version = "version " + member(x, "version");
  if (member(x, "changed") != "true")
    return "nothing has changed: " + version + " stays";
  return version + " is active\n" + changes_text(object(x, "changes"));
}

std::string versions_text(const json& x) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& v : list(x, "versions")) {
    std::string at;
    for (const auto& n : list(x, "nodes"))
      if (member(n, "version") == member(v, "version"))
        at += (at.empty() ? "" : ", ") + member(n, "node");
    rows.push_back({member(v, "version"), member(v, "state"), member(v, "at"), member(v, "node"),
                    at, brief(member(v, "why").empty() ? member(v, "by") : member(v, "why"), 100)});
  }
  return table({"VERSION", "STATE", "SINCE", "MADE AT", "IN USE AT", "NOTE"}, rows, "no versions");
}

/// What is wrong with a folder, a line each, as `troupe validate` says it.
[[noreturn]] void refuse(const http_answer& answer) {
  const auto x = json::parse(answer.body, nullptr, false);
  std::string text;
  for (const auto& e : list(x, "errors"))
    text += "\n" + member(e, "detail");
  throw cli_error{exit_failed, member(x, "detail") + ":" + text};
}

exit_code make_version(const shell& s, const reload_settings& x) {
  http_call call;
  call.method = "POST";
  call.deadline = client::reload_timeout + milliseconds{5000};
  json body = json::object();
  if (!x.dir.empty())
    body["files"] = files_of(x);
  if (!x.domain.empty())
    body["domain"] = x.domain;
  call.body = body.dump();
  call.refusal = 422;
  const auto answer = ask(s, path_builder{"/v1/fleet/reload"}, call);
  if (answer.status == 422)
    refuse(answer);
  if (s.as_json())
    s.print_raw(answer.body);
  else
    s.print(reload_text(document_of(answer)));
  return exit_ok;
}

} // namespace

void add_reload(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "reload", "Make a new version of the running fleet out of its folder",
                        "troupe reload\n"
                        "troupe reload ~/my-fleet\n"
                        "troupe reload ~/my-fleet/support --domain support\n"
                        "troupe reload --list");
  const auto x = std::make_shared<reload_settings>();
  auto* dir = verb->add_option(
      "DIR", x->dir, "the folder to send; without it the node that is asked reads its own again");
  verb->add_option("--domain", x->domain, "DIR is the folder of this domain alone")->needs(dir);
  verb->add_flag("--list", x->list, "show the versions that there are")->excludes(dir);
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      return x->list ? show_path(s, path_builder{"/v1/fleet/versions"}, versions_text)
                     : make_version(s, *x);
    };
  });
}

} // namespace troupe::cli
