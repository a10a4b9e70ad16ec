#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/doors/uri.hpp"
#include "src/digest/digest.hpp"
#include "src/store/sqlite_audit.hpp"
#include "src/store/store.hpp"

#include <troupe/clock.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace troupe::cli {

namespace {

constexpr std::size_t page = 1000;

struct audit_settings {
  std::string data;
  std::string head;
  std::uint64_t after = 0;
  std::size_t limit = 100;
};

std::string database_in(const std::string& folder) {
  return (std::filesystem::path{folder} / "journal.db").string();
}

std::vector<audit_row> from_store(const std::string& folder, std::uint64_t after,
                                  std::size_t most) {
  try {
    return read_sqlite_audit(database_in(folder), after, most);
  } catch (const store_error& e) {
    throw cli_error{exit_failed, std::string{e.what()} +
                                     (e.why() == store_error::kind::busy
                                          ? "; a node runs on it: ask that one, without --data"
                                          : "")};
  }
}

std::vector<audit_row> from_node(const shell& s, std::uint64_t after, std::size_t most) {
  path_builder path{"/v1/audit"};
  path.with("after", after == 0 ? "" : std::to_string(after))
      .with("limit", std::to_string(std::min(most, page)));
  std::vector<audit_row> out;
  const auto document = document_of(ask(s, path));
  for (const auto& x : list(document, "records"))
    out.push_back({x.value("n", std::uint64_t{0}), member(x, "id"), member(x, "body"),
                   from_hex(member(x, "hash")).value_or("")});
  return out;
}

std::vector<audit_row> read(const shell& s, const audit_settings& x, std::uint64_t after,
                            std::size_t most) {
  return x.data.empty() ? from_node(s, after, most) : from_store(x.data, after, most);
}

std::string line_of(const audit_row& row) {
  auto record = json::parse(row.body, nullptr, false);
  if (!record.is_object())
    return std::to_string(row.n) + "  (not JSON)";
  const timestamp at{microseconds{record.value("at", std::int64_t{0})}};
  auto out = std::to_string(row.n) + "  " + time_text(at).substr(0, 19) + "Z  " +
             padded(member(record, "what"), 15);
  record.erase("at");
  record.erase("what");
  for (const auto& [name, value] : record.items())
    out += "  " + plain(name) + "=" +
           plain(value.is_string() ? value.get<std::string>() : as_text(value));
  return out;
}

exit_code list_records(const shell& s, const audit_settings& x) {
  std::string text;
  auto after = x.after;
  for (std::size_t left = x.limit; left > 0;) {
    const auto rows = read(s, x, after, std::min(left, page));
    if (rows.empty())
      break;
    for (const auto& row : rows)
      text += (s.as_json() ? row.body : line_of(row)) + "\n";
    after = rows.back().n;
    left -= std::min(left, rows.size());
  }
  s.print(text.empty() ? "no records" : text);
  return exit_ok;
}

/// What is wrong with a trail of which each record follows from the one before.
std::string break_of(const audit_verifier& check) {
  return check.found_broken() == 0
             ? std::string{}
             : "record " + std::to_string(check.found_broken()) +
                   ": here a node has found, at its start, that the trail did not hold the head "
                   "that was kept beside it";
}

exit_code verify(const shell& s, const audit_settings& x) {
  const char* key = std::getenv("TROUPE_AUDIT_KEY");
  audit_verifier check{key ? key : ""};
  std::vector<audit_head> heads;
  if (!x.head.empty()) {
    const auto given = parse_audit_head(x.head);
    if (!given)
      throw cli_error{exit_usage, "--head must be N:HASH, as `troupe audit verify` prints it"};
    heads.push_back(*given);
    // Who has kept it has seen what the trail said up to there.
    check.known_until(given->n);
  }
  bool alone = false;
  if (!x.data.empty()) {
    const auto kept = read_audit_head(database_in(x.data));
    alone = !kept;
    if (kept)
      heads.push_back(*kept);
  }
  for (const auto& head : heads)
    if (head.n > 0)
      check.watch(head);
  for (;;) {
    const auto rows = read(s, x, check.end().n, page);
    if (rows.empty() || !std::all_of(rows.begin(), rows.end(),
                                     [&](const audit_row& row) { return check.take(row); }))
      break;
  }
  for (const auto& head : heads)
    if (head.n > 0)
      static_cast<void>(check.end_at(head));
  const auto end = std::to_string(check.end().n) + ":" + hex(check.end().hash);
  const auto wrong = check.good() ? break_of(check) : check.fault();
  if (alone && check.end().n > 0)
    s.err << "troupe: no head is kept beside the trail: that its end is missing would not be "
             "noticed\n";
  if (s.as_json()) {
    s.print(
        json{{"good", wrong.empty()}, {"records", check.end().n}, {"head", end}, {"fault", wrong}}
            .dump());
    return wrong.empty() ? exit_ok : exit_failed;
  }
  const auto in_order = std::to_string(check.end().n) +
                        " records, each follows from the one before" +
                        (key ? ", made with the key" : "") + "\nhead " + end;
  if (wrong.empty())
    s.print(in_order);
  else
    s.print("BROKEN at " + wrong + "\n" + (check.good() ? in_order : "good up to " + end));
  return wrong.empty() ? exit_ok : exit_failed;
}

} // namespace

void add_audit(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "audit", "Read the audit trail, or prove that nobody changed it",
                        "troupe audit list --limit 20\n"
                        "troupe audit verify --data my-fleet/troupe-data\n"
                        "TROUPE_AUDIT_KEY=... troupe audit verify --head 120:9f86d081...");
  verb->require_subcommand(1);
  const auto x = std::make_shared<audit_settings>();
  const auto both = [&](CLI::App* part) {
    part->add_option("--data", x->data,
                     "read this data folder, which no node uses now, instead of asking a node");
    add_node_options(*part, s);
  };
  auto* list = add_verb(*verb, "list", "Show the records, oldest first",
                        "troupe audit list --after 100 --limit 20\n"
                        "troupe audit list --data my-fleet/troupe-data -o json");
  both(list);
  list->add_option("--after", x->after, "only those after this number");
  list->add_option("--limit", x->limit, "at most this many")->capture_default_str();
  list->callback([&s, x] { s.run = [&s, x] { return list_records(s, *x); }; });
  auto* prove =
      add_verb(*verb, "verify",
               "Check every record against the one before, and the end against what was kept",
               "troupe audit verify --data my-fleet/troupe-data\n"
               "troupe audit verify --head "
               "120:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
  both(prove);
  prove->add_option("--head", x->head, "an earlier head, kept elsewhere: N:HASH");
  prove->callback([&s, x] { s.run = [&s, x] { return verify(s, *x); }; });
}

} // namespace troupe::cli
