#include "src/knowledge/word_index.hpp"

#include <algorithm>
#include <set>

namespace troupe::knowledge {

namespace {

constexpr std::size_t query_terms_most = 64;

} // namespace

word_index::word_index()
    : db_(":memory:") {
  db_.run("CREATE VIRTUAL TABLE passages USING fts5(heading, words, collection UNINDEXED, "
          "tokenize = 'unicode61')");
  filling_ = std::make_unique<sqlite_transaction>(db_);
}

void word_index::add(std::size_t number, const std::string& collection, const std::string& heading,
                     const std::string& text) {
  sqlite_statement put{db_, "INSERT INTO passages (rowid, heading, words, collection) "
                            "VALUES (?1, ?2, ?3, ?4)"};
  put.with(static_cast<std::int64_t>(number), std::string_view{heading}, std::string_view{text},
           std::string_view{collection})
      .run();
}

void word_index::finish() {
  filling_->commit();
  filling_.reset();
}

std::vector<std::size_t> word_index::find(const std::vector<std::string>& terms,
                                          const std::vector<std::string>& collections,
                                          std::size_t most) {
  std::string query;
  std::set<std::string> asked;
  for (const auto& term : terms)
    if (asked.size() < query_terms_most && asked.insert(term).second)
      query += (query.empty() ? "\"" : " OR \"") + term + '"';
  std::vector<std::size_t> out;
  if (query.empty() || collections.empty())
    return out;
  std::string places;
  for (std::size_t i = 0; i < collections.size(); ++i)
    places += (i == 0 ? "?" : ", ?") + std::to_string(i + 2);
  const auto sql = "SELECT rowid FROM passages WHERE passages MATCH ?1 AND collection IN (" +
                   places + ") ORDER BY bm25(passages, 2.0, 1.0), rowid LIMIT " +
                   std::to_string(most);
  std::lock_guard hold{mutex_};
  sqlite_statement ask{db_, sql.c_str()};
  ask.with(std::string_view{query});
  for (std::size_t i = 0; i < collections.size(); ++i)
    ask.put(static_cast<int>(i + 2), std::string_view{collections[i]});
  while (ask.step())
    out.push_back(static_cast<std::size_t>(ask.number(0)));
  return out;
}

} // namespace troupe::knowledge
