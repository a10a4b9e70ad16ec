#include "nodes/cli/diagnostics.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "src/config/load_fleet.hpp"
#include "src/knowledge/answer.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

namespace troupe::cli {

namespace fs = std::filesystem;

namespace {

struct knowledge_settings {
  std::string dir = ".";
  std::string domain, collection, agent;
  std::vector<std::string> files, question;
  std::size_t limit = 5;
};

fleet_spec fleet_of(const std::string& dir) {
  auto found = config::load_fleet(dir);
  if (!found.ok())
    throw cli_error{exit_failed, "the fleet in " + dir + " has errors:\n" + report_text(found)};
  return std::move(*found.fleet);
}

void with_documents(const std::vector<domain_spec>& domains, std::vector<const domain_spec*>& out) {
  for (const auto& d : domains) {
    if (!d.knowledge.empty())
      out.push_back(&d);
    with_documents(d.domains, out);
  }
}

/// The domain that is meant: the one that is named, or the only one that has documents.
const domain_spec& domain_of(const fleet_spec& fleet, const std::string& name) {
  std::vector<const domain_spec*> all;
  with_documents(fleet.domains, all);
  std::string known;
  for (const auto* d : all) {
    if (d->path == name || (name.empty() && all.size() == 1))
      return *d;
    known += (known.empty() ? "" : ", ") + d->path;
  }
  if (all.empty())
    throw cli_error{exit_failed, "no domain of this fleet has documents: see knowledge in "
                                 "domain.yaml"};
  throw cli_error{exit_usage, "--domain must be one of: " + known};
}

const document_collection& collection_of(const domain_spec& domain, std::string& name) {
  if (name.empty() && domain.knowledge.size() == 1)
    name = domain.knowledge.begin()->first;
  const auto hit = domain.knowledge.find(name);
  std::string known;
  for (const auto& [n, c] : domain.knowledge)
    known += (known.empty() ? "" : ", ") + n;
  if (hit == domain.knowledge.end())
    throw cli_error{exit_usage, "--collection must be one of: " + known};
  return hit->second;
}

/// The first folder of a collection: where new documents go.
fs::path folder_for(const fs::path& dir, const domain_spec& domain,
                    const document_collection& collection) {
  for (const auto& file : collection.files)
    if (const auto path = dir / domain.path / file; fs::is_directory(path))
      return path;
  throw cli_error{exit_failed, "the collection names no folder that files could be put into"};
}

/// Copies documents into a collection. Nothing is written over, and nothing is written unless all
/// of them will do.
void put_files(const knowledge_settings& x, const domain_spec& domain,
               const document_collection& collection) {
  const auto to = folder_for(x.dir, domain, collection);
  std::map<fs::path, std::string> names;
  for (const auto& file : x.files) {
    knowledge::document_form form{};
    std::error_code failed;
    if (!fs::is_regular_file(file, failed))
      throw cli_error{exit_failed, file + " is no file"};
    if (!knowledge::form_of(file, form))
      throw cli_error{exit_failed, file + " is no Markdown, text or HTML by its ending"};
    if (fs::file_size(file, failed) > knowledge::document_limits::bytes)
      throw cli_error{exit_failed, file + " is larger than 1 MiB"};
    if (fs::exists(to / fs::path{file}.filename()))
      throw cli_error{exit_failed, (to / fs::path{file}.filename()).string() + " is already there"};
    if (const auto [same, first] = names.emplace(fs::path{file}.filename(), file); !first)
      throw cli_error{exit_failed, same->second + " and " + file + " have the same name"};
  }
  for (const auto& file : x.files) {
    std::error_code failed;
    fs::copy_file(file, to / fs::path{file}.filename(), failed);
    if (failed)
      throw cli_error{exit_failed, "cannot write " + (to / fs::path{file}.filename()).string() +
                                       ": " + failed.message()};
  }
}

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

struct tally {
  json document = json::array();
  std::string text;
};

void tell(tally& out, const fs::path& dir, const domain_spec& domain, const std::string& name,
          const document_collection& collection) {
  const auto all = knowledge::documents_of(dir / domain.path, collection.files);
  json rows = json::array(), left = json::array();
  std::size_t passages = 0;
  std::string lines;
  for (const auto& d : all.taken) {
    const auto count = knowledge::passages_of(d.path, d.bytes, d.form).size();
    passages += count;
    rows.push_back({{"path", d.path}, {"bytes", d.bytes.size()}, {"passages", count}});
    lines += "  " + padded(d.path, 36) + counted(d.bytes.size(), "byte") + ", " +
             counted(count, "passage") + "\n";
  }
  for (const auto& l : all.left) {
    left.push_back({{"path", l.path}, {"why", l.why}});
    lines += "  " + padded(l.path, 36) + "left out: " + l.why + "\n";
  }
  out.document.push_back({{"domain", domain.path},
                          {"collection", name},
                          {"documents", rows},
                          {"passages", passages},
                          {"left_out", left}});
  out.text += domain.path + "/" + name + ": " + counted(all.taken.size(), "document") + ", " +
              counted(passages, "passage") + "\n" + lines;
}

exit_code ingest(const shell& s, const knowledge_settings& x) {
  const auto fleet = fleet_of(x.dir);
  tally out;
  if (!x.files.empty()) {
    const auto& domain = domain_of(fleet, x.domain);
    auto name = x.collection;
    const auto& collection = collection_of(domain, name);
    put_files(x, domain, collection);
    tell(out, x.dir, domain, name, collection);
  } else {
    std::vector<const domain_spec*> all;
    with_documents(fleet.domains, all);
    if (!x.domain.empty())
      all = {&domain_of(fleet, x.domain)};
    for (const auto* d : all)
      for (const auto& [name, collection] : d->knowledge)
        if (x.collection.empty() || x.collection == name)
          tell(out, x.dir, *d, name, collection);
    if (out.document.empty())
      throw cli_error{exit_failed, "no domain of this fleet has such documents"};
  }
  if (s.as_json())
    s.print(out.document);
  else
    s.print(out.text + "nodes take them in when they start, and with: troupe reload");
  return exit_ok;
}

std::vector<std::string> scope_of(const domain_spec& domain, const knowledge_settings& x) {
  if (!x.agent.empty()) {
    for (const auto& a : domain.agents)
      if (a.card.name == x.agent)
        return a.knowledge.collections;
    throw cli_error{exit_usage, "domain " + domain.path + " has no agent " + x.agent};
  }
  if (!x.collection.empty()) {
    auto name = x.collection;
    static_cast<void>(collection_of(domain, name));
    return {name};
  }
  std::vector<std::string> out;
  for (const auto& [name, c] : domain.knowledge)
    out.push_back(name);
  return out;
}

exit_code search(const shell& s, const knowledge_settings& x) {
  const auto fleet = fleet_of(x.dir);
  const auto& domain = domain_of(fleet, x.domain);
  std::vector<knowledge::knowledge_base::content> content;
  std::vector<std::string> texts;
  for (const auto& [name, c] : domain.knowledge) {
    content.push_back({name, knowledge::documents_of(fs::path{x.dir} / domain.path, c.files)});
    for (const auto& d : content.back().all.taken)
      for (auto& p : knowledge::passages_of(d.path, d.bytes, d.form))
        texts.push_back(std::move(p.text));
  }
  const auto base = knowledge::knowledge_base::make(
      std::move(content), text::learned_vectors(nullptr, texts), milliseconds{1000});
  json document = json::array();
  std::string out;
  base->find(joined(x.question), scope_of(domain, x), x.limit, milliseconds{1000},
             [&](const std::vector<knowledge::hit>& found) {
               for (const auto& h : found) {
                 document.push_back({{"source", knowledge::cite(h.what)},
                                     {"heading", h.what.heading},
                                     {"collection", h.collection},
                                     {"text", h.what.text},
                                     {"score", h.score},
                                     {"fit", h.fit},
                                     {"likeness", h.likeness},
                                     {"by_words", h.by_words},
                                     {"by_meaning", h.by_meaning}});
                 out += knowledge::cite(h.what) + "  (" + h.collection + ")\n  fit " +
                        number_words(h.fit) + ", score " + number_words(h.score) + ", words #" +
                        std::to_string(h.by_words) + ", meaning #" + std::to_string(h.by_meaning) +
                        "\n  " + plain(base->extract(h.what, joined(x.question), 200)) + "\n";
               }
             });
  if (s.as_json())
    s.print(document);
  else
    s.print(out.empty() ? "nothing found" : out);
  return document.empty() ? exit_not_found : exit_ok;
}

void add_place(CLI::App& verb, knowledge_settings& x) {
  verb.add_option("--domain", x.domain, "the domain; else the only one that has documents");
  verb.add_option("--collection", x.collection, "one of the domain's collections");
}

} // namespace

void add_knowledge(CLI::App& to, shell& s) {
  const auto x = std::make_shared<knowledge_settings>();
  auto* take =
      add_verb(to, "ingest", "Take documents into a domain's collection, and say what it holds",
               "troupe ingest examples/customer-support\n"
               "troupe ingest . handbook.md faq.html --domain support");
  take->add_option("DIR", x->dir, "the fleet's folder")->required();
  take->add_option("FILES", x->files, "documents that are copied into the collection's folder");
  add_place(*take, *x);
  add_output(*take, s);
  take->callback([&s, x] { s.run = [&s, x] { return ingest(s, *x); }; });

  const auto y = std::make_shared<knowledge_settings>();
  auto* group =
      add_verb(to, "knowledge", "Look into what agents answer from",
               "troupe knowledge search examples/customer-support what is the refund policy");
  group->require_subcommand(1);
  auto* find =
      add_verb(*group, "search", "Search a domain's documents, with scores",
               "troupe knowledge search examples/customer-support how long is the warranty\n"
               "troupe knowledge search . --agent policies who pays for a return -o json");
  find->add_option("DIR", y->dir, "the fleet's folder")->required();
  find->add_option("QUESTION", y->question, "words are joined by blanks")->required();
  add_place(*find, *y);
  find->add_option("--agent", y->agent, "only what this agent of the domain may see");
  find->add_option("--limit", y->limit, "at most so many passages")
      ->capture_default_str()
      ->check(CLI::Range(1, 20));
  add_output(*find, s);
  find->callback([&s, y] { s.run = [&s, y] { return search(s, *y); }; });
}

} // namespace troupe::cli
