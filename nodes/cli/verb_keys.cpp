#include "nodes/cli/key_store.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/doors/uri.hpp"
#include "policies/access.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

namespace troupe::cli {

namespace {

struct key_settings {
  key_place where;
  std::string name, team, id, out;
  std::vector<std::string> allow;
  long long days = 0;
};

timestamp clock_now() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

/// Where the keys are, when it is not a node that is asked.
CLI::Option* add_place(CLI::App& verb, const std::shared_ptr<key_settings>& x) {
  auto* data = verb.add_option("--data", x->where.data,
                               "the data folder of a node that does not run, instead of a node");
  auto* server = verb.add_option("--store", x->where.server,
                                 "the PostgreSQL server of the nodes, instead of a node; `env` "
                                 "takes it from TROUPE_STORE");
  server->excludes(data);
  verb.add_option("--store-schema", x->where.schema, "the schema there")->capture_default_str();
  return data;
}

key_place place_of(const key_settings& x) {
  auto out = x.where;
  if (out.server == "env") {
    const char* given = std::getenv("TROUPE_STORE");
    if (!given)
      throw cli_error{exit_usage, "--store env takes the address from TROUPE_STORE, which is not "
                                  "set"};
    out.server = given;
  }
  return out;
}

/// Writes the key where only its owner can read it. The file must not be there.
void keep_key(const std::string& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const auto line = text + "\n";
  const bool good =
      fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (fd >= 0 && ::close(fd) == 0 && good)
    return;
  throw cli_error{exit_failed, "the key could not be written to " + file +
                                   ", and is lost: revoke it and make another one"};
}

/// The file is claimed before the key is made: a key that cannot be kept need not be made.
void expect_free(const std::string& file) {
  struct stat there {};
  if (!file.empty() && ::lstat(file.c_str(), &there) == 0)
    throw cli_error{exit_usage, file + " is there already, and is not written over"};
}

exit_code create(const shell& s, const key_settings& x) {
  expect_free(x.out);
  std::string id, text;
  json document;
  if (x.where.given()) {
    api_key wanted;
    wanted.name = x.name;
    wanted.team = x.team;
    wanted.made = clock_now();
    if (x.days > 0)
      wanted.expires = wanted.made + std::chrono::hours{24} * x.days;
    for (const auto& a : x.allow) {
      const auto grant = parse_grant(a);
      if (!grant)
        throw cli_error{exit_usage, "--allow takes one of " + words_of<access_scope>() +
                                        ", with :DOMAIN behind it or without, not \"" + a + "\""};
      wanted.grants.push_back(*grant);
    }
    const auto where = open_key_store(place_of(x));
    text = make_key_in(*where, wanted);
    id = wanted.id;
    document = {{"id", id}, {"name", x.name}, {"key", text}};
  } else {
    http_call call;
    call.method = "POST";
    json body{{"name", x.name}, {"allow", x.allow}};
    if (!x.team.empty())
      body["team"] = x.team;
    if (x.days > 0)
      body["expires_in_days"] = x.days;
    call.body = as_text(body);
    document = document_of(ask(s, path_builder{"/v1/keys"}, call));
    id = member(document, "id");
    text = member(document, "key");
  }
  if (!x.out.empty()) {
    keep_key(x.out, text);
    document.erase("key");
    document["key_file"] = x.out;
  }
  if (s.as_json())
    s.print(document);
  else if (x.out.empty())
    s.print(text);
  s.err << "key " << id << " has been made"
        << (x.out.empty() ? "; it is shown this once and never again" : "; it is in " + x.out)
        << std::endl;
  return exit_ok;
}

json listed(const shell& s, const key_settings& x) {
  if (!x.where.given())
    return document_of(ask(s, path_builder{"/v1/keys"}));
  const auto where = open_key_store(place_of(x));
  json out{{"keys", json::array()}};
  for (const auto& k : keys_in(*where)) {
    json row{{"id", k.id},
             {"name", k.name},
             {"team", k.team},
             {"state", to_string(standing_of(k, clock_now()))},
             {"made", time_text(k.made)},
             {"allow", json::array()}};
    for (const auto& g : k.grants)
      row["allow"].push_back(to_text(g));
    if (k.expires != timestamp::max())
      row["expires"] = time_text(k.expires);
    if (k.revoked != timestamp::max())
      row["revoked"] = time_text(k.revoked);
    out["keys"].push_back(std::move(row));
  }
  return out;
}

std::string keys_text(const json& document) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& k : list(document, "keys")) {
    std::string allow;
    for (const auto& a : list(k, "allow"))
      if (a.is_string())
        allow += (allow.empty() ? "" : " ") + a.get<std::string>();
    rows.push_back({member(k, "id"), member(k, "name"), member(k, "team"), member(k, "state"),
                    member(k, "expires").substr(0, 10), allow});
  }
  return table({"ID", "NAME", "TEAM", "STATE", "EXPIRES", "ALLOWED"}, rows, "no keys");
}

exit_code show_keys(const shell& s, const key_settings& x) {
  const auto document = listed(s, x);
  if (s.as_json())
    s.print(document);
  else
    s.print(keys_text(document));
  return exit_ok;
}

exit_code take_back(const shell& s, const key_settings& x) {
  if (x.where.given()) {
    const auto where = open_key_store(place_of(x));
    revoke_key_in(*where, x.id, clock_now());
  } else {
    http_call call;
    call.method = "POST";
    static_cast<void>(ask(s, path_builder{"/v1/keys"}.part(x.id).part("revoke"), call));
  }
  s.err << "key " << x.id << " has been revoked" << std::endl;
  return exit_ok;
}

} // namespace

void add_keys(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "keys", "Make, list and revoke the API keys of the fleet",
                        "troupe keys create --name root --allow admin --out root.key\n"
                        "troupe keys list --key-file root.key\n"
                        "troupe keys revoke 9f86d081884c7d65 --key-file root.key");
  verb->require_subcommand(1);
  const auto x = std::make_shared<key_settings>();
  auto* make = add_verb(*verb, "create", "Make a key; it is shown once",
                        "troupe keys create --name root --allow admin --out root.key\n"
                        "troupe keys create --name desk --team support --allow read:support "
                        "--allow answer:support --days 90\n"
                        "troupe keys create --name root --allow admin --data my-fleet/troupe-data");
  make->add_option("--name", x->name, "what it is for")->required();
  make->add_option("--team", x->team, "whose it is");
  make->add_option("--allow", x->allow,
                   "read, submit, answer, operate or admin, in the whole fleet or, with :DOMAIN, "
                   "in a domain and all within it; may be given again")
      ->required()
      ->allow_extra_args(false);
  make->add_option("--days", x->days, "how long it is good; else until it is revoked")
      ->check(CLI::Range(1, 36500));
  make->add_option("--out", x->out, "a new file for the key, that only its owner can read");
  add_place(*make, x);
  add_node_options(*make, s);
  make->callback([&s, x] { s.run = [&s, x] { return create(s, *x); }; });
  auto* show = add_verb(*verb, "list", "List the keys, revoked ones too",
                        "troupe keys list\ntroupe keys list --store env");
  add_place(*show, x);
  add_node_options(*show, s);
  show->callback([&s, x] { s.run = [&s, x] { return show_keys(s, *x); }; });
  auto* end = add_verb(*verb, "revoke", "End a key for ever, on all nodes within about a second",
                       "troupe keys revoke 9f86d081884c7d65");
  end->add_option("ID", x->id, "as `keys list` shows it")->required();
  add_place(*end, x);
  add_node_options(*end, s);
  end->callback([&s, x] { s.run = [&s, x] { return take_back(s, *x); }; });
}

} // namespace troupe::cli
