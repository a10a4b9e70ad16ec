#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

struct reply_settings {
  std::string id, by, data;
  std::vector<std::string> text;
  bool deny = false;
};

std::string more_than(const json& questions, std::size_t shown) {
  const auto all = questions.value("waiting", shown);
  return all > shown ? "and " + std::to_string(all - shown) + " more\n" : std::string{};
}

std::string questions_table(const json& questions) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& q : list(questions, "questions"))
    rows.push_back({member(q, "id"), member(q, "queue"), member(q, "priority"),
                    member(q, "asked").substr(0, 19), member(q, "claimed_by"),
                    brief(member(q, "text"), 80)});
  return table({"QUESTION", "QUEUE", "PRIORITY", "ASKED", "CLAIMED BY", "TEXT"}, rows,
               "nothing waits for a person") +
         more_than(questions, rows.size());
}

std::string question_text(const json& q) {
  std::string out;
  for (const auto& [name, text] : {std::pair{"question", member(q, "id")},
                                   {"queue", member(q, "queue")},
                                   {"task", member(q, "task")},
                                   {"priority", member(q, "priority")},
                                   {"asked", member(q, "asked").substr(0, 19)},
                                   {"due", member(q, "due").substr(0, 19)},
                                   {"claimed", member(q, "claimed_by")},
                                   {"customer", member(object(q, "customer"), "id")},
                                   {"text", member(q, "text")}})
    if (!text.empty())
      out += padded(name, 10) + text + "\n";
  for (const auto& [name, value] : object(q, "context").items())
    out += padded("", 10) + plain(name) + " = " + plain(as_text(value)) + "\n";
  return out;
}

exit_code post(const shell& s, const reply_settings& x, const std::string& what, const json& body) {
  http_call call;
  call.method = "POST";
  call.body = as_text(body);
  const auto answer = ask(s, path_builder{"/v1/human"}.part(x.id).part(what), call);
  if (s.as_json())
    s.print_raw(answer.body);
  else
    s.print(question_text(document_of(answer)));
  return exit_ok;
}

exit_code answer(const shell& s, const reply_settings& x) {
  json body{{"by", x.by}};
  if (!x.text.empty())
    body["text"] = joined(x.text);
  if (x.deny)
    body["deny"] = true;
  if (!x.data.empty()) {
    auto data = json::parse(x.data, nullptr, false);
    if (!data.is_object())
      throw cli_error{exit_usage, "--data must be a JSON object"};
    body["data"] = std::move(data);
  }
  return post(s, x, "answer", body);
}

void add_questions(CLI::App& to, shell& s) {
  auto* verb =
      add_verb(to, "list", "List what waits for a person", "troupe human list --queue escalations");
  struct settings {
    std::string queue;
    std::uint32_t limit = 100;
  };
  const auto x = std::make_shared<settings>();
  verb->add_option("--queue", x->queue, "only of this queue");
  verb->add_option("--limit", x->limit, "at most this many")->capture_default_str();
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      return show_path(
          s,
          path_builder{"/v1/human"}.with("queue", x->queue).with("limit", std::to_string(x->limit)),
          questions_table);
    };
  });
}

} // namespace

void add_human(CLI::App& to, shell& s) {
  auto* human = add_verb(to, "human", "See, take and answer what waits for a person",
                         "troupe human list\n"
                         "troupe human claim QUESTION --by dana\n"
                         "troupe human answer QUESTION --by dana refund it");
  human->require_subcommand(1);
  add_questions(*human, s);

  auto* claim = add_verb(*human, "claim", "Take a question, so that nobody else answers it",
                         "troupe human claim QUESTION --by dana");
  const auto c = std::make_shared<reply_settings>();
  claim->add_option("ID", c->id, "the question")->required();
  claim->add_option("--by", c->by, "who takes it")->required();
  add_node_options(*claim, s);
  claim->callback([&s, c] { s.run = [&s, c] { return post(s, *c, "claim", {{"by", c->by}}); }; });

  auto* reply = add_verb(*human, "answer", "Answer a question; its task goes on",
                         "troupe human answer QUESTION --by dana refund it\n"
                         "troupe human answer QUESTION --by dana --deny not without a receipt");
  const auto a = std::make_shared<reply_settings>();
  reply->add_option("ID", a->id, "the question")->required();
  reply->add_option("TEXT", a->text, "the answer; words are joined by blanks");
  reply->add_option("--by", a->by, "who answers")->required();
  reply->add_option("--data", a->data, "structured part of the answer: a JSON object");
  reply->add_flag("--deny", a->deny, "refuse what is asked for");
  add_node_options(*reply, s);
  reply->callback([&s, a] {
    if (a->text.empty() && a->data.empty() && !a->deny)
      throw CLI::ValidationError{"TEXT", "is missing; only --data or --deny can stand alone"};
    s.run = [&s, a] { return answer(s, *a); };
  });
}

} // namespace troupe::cli
