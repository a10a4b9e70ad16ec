#include "src/store/postgres_keys.hpp"

namespace troupe {

namespace {

constexpr postgres_statement add_key{
    "add_key", "INSERT INTO keys VALUES($1, 0, $2) ON CONFLICT(id) DO NOTHING"};
constexpr postgres_statement revoke_key{
    "revoke_key", "UPDATE keys SET revoked = $2 WHERE id = $1 AND revoked = 0"};
// Both only ever grow, so that a sum that is as it was means that nothing has changed.
constexpr postgres_statement mark_of_keys{"mark_of_keys",
                                          "SELECT count(*) + count(nullif(revoked, 0)) FROM keys"};
constexpr postgres_statement all_keys{"all_keys", "SELECT id, revoked, body FROM keys ORDER BY id"};

} // namespace

void add_key_write(postgres_handle& db, const store_write& w) {
  if (w.what == store_write::kind::key)
    db.add(add_key, postgres_params{}.bytes(w.id).bytes(w.body));
  else
    db.add(revoke_key, postgres_params{}.bytes(w.id).number(w.at.time_since_epoch().count()));
}

std::optional<std::vector<stored_key>> postgres_keys::news(std::uint64_t& mark) {
  db_->begin_call();
  db_->add(mark_of_keys);
  // 0 is the mark of who has not asked yet.
  const auto now = static_cast<std::uint64_t>(db_->run()[0].number(0, 0)) + 1;
  if (now == mark)
    return std::nullopt;
  // Rows that come in between are in this answer, and again in that to the next mark.
  db_->begin_call();
  db_->add(all_keys);
  const auto answers = db_->run();
  const auto& found = answers[0];
  std::vector<stored_key> out;
  for (int i = 0; i < found.size(); ++i) {
    const auto revoked = found.number(i, 1);
    out.push_back({std::string{found.bytes(i, 0)},
                   revoked == 0 ? timestamp::max() : timestamp{microseconds{revoked}},
                   std::string{found.bytes(i, 2)}});
  }
  mark = now;
  return out;
}

} // namespace troupe
