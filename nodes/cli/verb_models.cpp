#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "src/text/evaluate.hpp"

namespace troupe::cli {

namespace {

struct model_settings {
  std::string tsv, model;
  std::vector<std::string> text;
};

/// `confidence` is the chance that the intent is right and the message in scope. The others have no
/// such number, only their share of the belief in all intents, which goes by another name.
json json_of(const text::classification& x) {
  json out{{"intent", x.intent},
           {"confidence", x.confidence},
           {"accepted", x.accepted},
           {"alternatives", json::array()}};
  for (const auto& a : x.alternatives)
    if (a.intent != x.intent)
      out["alternatives"].push_back({{"intent", a.intent}, {"share", a.confidence}});
  return out;
}

/// `name  value` lines of an object of numbers.
std::string figures_text(const json& figures) {
  std::string out;
  for (const auto& [name, value] : figures.items())
    out += padded(name, 16) +
           (value.is_number_float() ? std::to_string(value.get<double>()) : value.dump()) + "\n";
  return out;
}

exit_code show(const shell& s, const json& document, const std::string& text) {
  if (s.as_json())
    s.print(document);
  else
    s.print(text);
  return exit_ok;
}

std::string share_words(double x) {
  return number_words(100 * x) + "%";
}

exit_code classify(const shell& s, const model_settings& x) {
  const auto model = text::classifier::load(x.model);
  if (!x.tsv.empty()) {
    const auto rows = text::read_labelled(x.tsv);
    const auto figures = to_json(text::evaluate_classifier(model, rows));
    return show(s, figures, figures_text(figures));
  }
  const auto found = model.classify(joined(x.text));
  std::string out = (found.intent.empty() ? "nothing" : found.intent) + "  " +
                    share_words(found.confidence) +
                    (found.accepted ? "" : "  not sure enough to act on it") + "\n";
  for (const auto& a : found.alternatives)
    if (a.intent != found.intent)
      out += "  or " + a.intent + ", with " + share_words(a.confidence) + " of the belief\n";
  return show(s, json_of(found), out);
}

exit_code decompose(const shell& s, const model_settings& x) {
  const auto model = text::classifier::load(x.model);
  if (!x.tsv.empty()) {
    const auto rows = text::read_compound(x.tsv);
    const auto figures = to_json(text::evaluate_decomposer(model, rows));
    return show(s, figures, figures_text(figures));
  }
  json clauses = json::array();
  std::string out;
  for (const auto& c : text::decompose(model, joined(x.text))) {
    auto clause = json_of(c.what);
    clause["text"] = c.text;
    clause["begin"] = c.begin;
    clause["end"] = c.end;
    clause["after_previous"] = c.after_previous;
    clauses.push_back(std::move(clause));
    out += (c.after_previous ? "then  " : "      ") + plain(c.text) + "\n        " +
           (c.what.intent.empty() ? "nothing" : c.what.intent) + "  " +
           share_words(c.what.confidence) +
           (c.what.accepted ? "" : "  not sure enough to act on it") + "\n";
  }
  return show(s, {{"clauses", clauses}}, out);
}

void add_use(CLI::App& to, shell& s, const std::string& name, const std::string& about,
             const std::string& examples, exit_code (*run)(const shell&, const model_settings&)) {
  auto* verb = add_verb(to, name, about, examples);
  const auto x = std::make_shared<model_settings>();
  verb->add_option("--model", x->model, "a model that train has made")->required();
  auto* tsv = verb->add_option("--tsv", x->tsv, "measure on the rows of this file");
  verb->add_option("TEXT", x->text, "a message; words are joined by blanks")->excludes(tsv);
  add_output(*verb, s);
  verb->callback([&s, x, run] {
    if (x->text.empty() && x->tsv.empty())
      throw CLI::RequiredError{"either TEXT or --tsv"};
    s.run = [&s, x, run] { return run(s, *x); };
  });
}

} // namespace

void add_models(CLI::App& to, shell& s) {
  auto* train = add_verb(to, "train", "Train a model for a triage agent",
                         "troupe train --tsv support/examples.tsv --out support/support.model");
  const auto x = std::make_shared<model_settings>();
  train
      ->add_option("--tsv", x->tsv, "labelled messages: columns intent, text and, if wanted, split")
      ->required();
  train->add_option("--out", x->model, "where the model goes")->required();
  add_output(*train, s);
  train->callback([&s, x] {
    s.run = [&s, x] {
      const auto figures = to_json(text::train_file(x->tsv, x->model));
      return show(s, figures, figures_text(figures));
    };
  });
  add_use(to, s, "classify", "Tell what a message is about, or measure a model",
          "troupe classify --model support.model where is my parcel\n"
          "troupe classify --model support.model --tsv messages.tsv -o json",
          classify);
  add_use(to, s, "decompose", "Split a message that asks for several things, or measure a model",
          "troupe decompose --model support.model cancel my order and refund me\n"
          "troupe decompose --model support.model --tsv compound.tsv -o json",
          decompose);
}

} // namespace troupe::cli
