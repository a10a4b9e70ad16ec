#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "src/mcp/client.hpp"
#include "src/tools/alarm.hpp"
#include "src/tools/http.hpp"
#include "src/tools/process.hpp"

#include <cstdlib>
#include <filesystem>
#include <future>

namespace troupe::cli {

namespace {

struct mcp_options {
  std::string url;
  std::vector<std::string> headers;
  std::vector<std::string> command;
  std::string timeout = "30s";
  std::string questions = "decline";
  std::string name, arguments;
};

void add_place(CLI::App& verb, mcp_options& x) {
  verb.add_option("--url", x.url, "of a server that speaks streamable HTTP");
  verb.add_option("--header", x.headers, "sent with each request: `Name: value`");
  verb.add_option("--command", x.command, "a server as a program and its arguments")
      ->expected(1, 64);
  verb.add_option("--timeout", x.timeout, "for each answer")->capture_default_str();
  verb.add_option("--questions", x.questions,
                  "what the server is told when it wants to ask a person: decline, defaults")
      ->check(CLI::IsMember({"decline", "defaults"}))
      ->capture_default_str();
}

/// The ports and one client of them, for as long as a verb runs.
class session {
 public:
  explicit session(const mcp_options& x)
      : wait_(milliseconds_of(x.timeout, "--timeout")) {
    if (x.url.empty() == x.command.empty())
      throw cli_error{exit_usage, "name the server: either --url or --command"};
    mcp::client_settings how;
    how.take_defaults = x.questions == "defaults";
    how.greeting_deadline = wait_;
    client_ = std::make_unique<mcp::client>(how, clock_, opener(x));
  }

  /// The answer to a request; what failed ends the program.
  json ask(std::string method, json parameters) {
    std::promise<mcp::answer> got;
    auto later = got.get_future();
    client_->ask(std::move(method), std::move(parameters), wait_,
                 [&got](mcp::answer a) { got.set_value(std::move(a)); });
    auto a = later.get();
    if (!a.failed)
      return std::move(a.result);
    auto why = std::string{to_string(a.failed.why)} + ": " + a.failed.detail;
    if (const auto trouble = client_->trouble(); !trouble.empty())
      why += " (" + trouble + ")";
    throw cli_error{exit_failed, why};
  }

  /// All pages of a list.
  json all(const std::string& method, const char* member) {
    auto out = json::array();
    std::string cursor;
    for (int page = 0; page < 100; ++page) {
      auto x = ask(method, cursor.empty() ? json::object() : json{{"cursor", cursor}});
      for (auto& one : x.value(member, json::array()))
        out.push_back(std::move(one));
      cursor =
          x.value("nextCursor", json{}).is_string() ? x.value("nextCursor", std::string{}) : "";
      if (cursor.empty())
        break;
    }
    return out;
  }

 private:
  mcp::client::open_fn opener(const mcp_options& x) {
    if (!x.url.empty()) {
      mcp::http_place where{x.url, {}};
      for (const auto& h : x.headers) {
        const auto colon = h.find(':');
        if (colon == std::string::npos)
          throw cli_error{exit_usage, "--header must be `Name: value`"};
        const auto value = h.find_first_not_of(' ', colon + 1);
        where.headers.emplace_back(h.substr(0, colon),
                                   value == std::string::npos ? "" : h.substr(value));
      }
      return [this, where](mcp::channel_ears ears) {
        return mcp::open_http(where, *http_, clock_, std::move(ears));
      };
    }
    tools::process_spec process;
    process.argv = x.command;
    process.workdir = std::filesystem::current_path().string();
    if (const auto* home = std::getenv("HOME"))
      process.env["HOME"] = home;
    return [this, process](mcp::channel_ears ears) {
      return mcp::open_stdio(process, *processes_, std::move(ears));
    };
  }

  const milliseconds wait_;
  std::unique_ptr<tools::http_port> http_ = tools::make_http_port();
  std::unique_ptr<tools::process_port> processes_ = tools::make_process_port();
  tools::alarm_clock clock_;
  std::unique_ptr<mcp::client> client_; ///< goes first: it uses all the others
};

std::string word_of(const json& x, const char* member) {
  const auto hit = x.find(member);
  return hit != x.end() && hit->is_string() ? hit->get<std::string>() : std::string{};
}

std::string list_text(const json& all, const char* name, const char* nothing) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& x : all) {
    auto about = word_of(x, "description");
    about = about.substr(0, about.find('\n'));
    rows.push_back({word_of(x, name), about.empty() ? word_of(x, "title") : about});
  }
  return table({"NAME", "DESCRIPTION"}, rows, nothing);
}

json object_of(const std::string& text) {
  auto out = text.empty() ? json::object() : json::parse(text, nullptr, false);
  if (!out.is_object())
    throw cli_error{exit_usage, "the arguments must be a JSON object"};
  return out;
}

/// `tools`, `resources` and `prompts`: what a server has.
void add_listing(CLI::App& to, shell& s, const std::string& what, const char* member) {
  const auto x = std::make_shared<mcp_options>();
  auto* verb = to.add_subcommand(what, "List the " + what + " of a server");
  add_place(*verb, *x);
  add_output(*verb, s);
  verb->callback([&s, x, what, member] {
    s.run = [&s, x, what, member] {
      const auto all = session{*x}.all(what + "/list", what.c_str());
      if (s.as_json())
        s.print(all);
      else
        s.print(list_text(all, member, ("no " + what).c_str()));
      return exit_ok;
    };
  });
}

} // namespace

void add_mcp(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "mcp", "Try a server of the Model Context Protocol",
                        "troupe mcp tools --url http://127.0.0.1:7420/mcp\n"
                        "troupe mcp call --command npx @modelcontextprotocol/server-everything "
                        "--tool echo --arguments '{\"message\": \"hi\"}'");
  verb->require_subcommand(1);
  add_listing(*verb, s, "tools", "name");
  add_listing(*verb, s, "resources", "uri");
  add_listing(*verb, s, "prompts", "name");

  const auto call = std::make_shared<mcp_options>();
  auto* use = verb->add_subcommand("call", "Use a tool");
  use->add_option("--tool", call->name, "its name")->required();
  use->add_option("--arguments", call->arguments, "a JSON object");
  add_place(*use, *call);
  add_output(*use, s);
  use->callback([&s, call] {
    s.run = [&s, call] {
      const auto result = session{*call}.ask(
          "tools/call", {{"name", call->name}, {"arguments", object_of(call->arguments)}});
      const auto read = mcp::read_tool_result(result, effects::none);
      if (s.as_json())
        s.print(result);
      else
        s.print(read.text.empty() ? read.data.dump() : read.text);
      return read.ok() ? exit_ok : exit_failed;
    };
  });

  const auto resource = std::make_shared<mcp_options>();
  auto* read = verb->add_subcommand("read", "Read a resource");
  read->add_option("--uri", resource->name, "its URI")->required();
  add_place(*read, *resource);
  add_output(*read, s);
  read->callback([&s, resource] {
    s.run = [&s, resource] {
      const auto result = session{*resource}.ask("resources/read", {{"uri", resource->name}});
      if (s.as_json())
        s.print(result);
      else
        s.print(mcp::read_texts(result));
      return exit_ok;
    };
  });

  const auto prompt = std::make_shared<mcp_options>();
  auto* get = verb->add_subcommand("prompt", "Get a prompt");
  get->add_option("--name", prompt->name, "its name")->required();
  get->add_option("--arguments", prompt->arguments, "a JSON object of texts");
  add_place(*get, *prompt);
  add_output(*get, s);
  get->callback([&s, prompt] {
    s.run = [&s, prompt] {
      const auto result = session{*prompt}.ask(
          "prompts/get", {{"name", prompt->name}, {"arguments", object_of(prompt->arguments)}});
      if (s.as_json())
        s.print(result);
      else
        s.print(mcp::read_texts(result));
      return exit_ok;
    };
  });
}

} // namespace troupe::cli
