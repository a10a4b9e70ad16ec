#include "src/store/member_card.hpp"
#include "src/store/membership_table.hpp"
#include "src/store/postgres_handle.hpp"
#include "src/store/postgres_schema.hpp"

#include <map>

namespace troupe {

namespace {

// Microseconds since 1970 by the server's clock; the same throughout a statement.
#define TROUPE_STORE_NOW "(extract(epoch FROM statement_timestamp()) * 1000000)::int8"

constexpr postgres_statement begin_view{"begin_view",
                                        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr postgres_statement end_view{"end_view", "COMMIT"};
constexpr postgres_statement table_version{"table_version", "SELECT version FROM membership"};
constexpr postgres_statement all_members{"all_members",
                                         "SELECT node, token, incarnation, state, " TROUPE_STORE_NOW
                                         " - renewed, card FROM members ORDER BY node"};
constexpr postgres_statement all_accusations{
    "all_accusations", "SELECT node, accuser, incarnation, " TROUPE_STORE_NOW
                       " - at, why FROM accusations ORDER BY node, accuser, incarnation"};
constexpr postgres_statement all_duties{"all_duties",
                                        "SELECT home, served_by FROM duties ORDER BY home"};
// Only when the table has changed since the reader knew it: they are the larger part of it, and it
// is read several times a second.
constexpr postgres_statement new_placements{
    "new_placements", "SELECT domain, body FROM placements WHERE EXISTS (SELECT FROM membership"
                      " WHERE version <> $1) ORDER BY domain"};

// Each write is one statement, and so one transaction. Two writers meet at the only row of
// `membership`: the second one waits for the first, finds another version and does nothing. The
// other tables are read as they were before that wait, which is well: had they changed meanwhile,
// the version had too.
#define TROUPE_IF_EXPECTED                                                                         \
  "WITH up AS (UPDATE membership SET version = version + 1 WHERE version = $1 RETURNING version)"

// $2 node, $3 token, $4 incarnation, $5 state, $6 card; accusations: $7 by whom, $8 his
// incarnation, $9 whether it is made now, $10 why
constexpr postgres_statement put_member{
    "put_member", TROUPE_IF_EXPECTED
    ", put AS (INSERT INTO members AS m (node, token, incarnation, state, renewed, card)"
    " SELECT $2::bytea, $3::int8, $4::int8, $5::int8, " TROUPE_STORE_NOW ", $6::bytea FROM up"
    " ON CONFLICT(node) DO UPDATE SET token = excluded.token, incarnation = excluded.incarnation,"
    " state = excluded.state, card = excluded.card, renewed = CASE WHEN m.token = excluded.token"
    " THEN m.renewed ELSE excluded.renewed END),"
    " withdrawn AS (DELETE FROM accusations a USING up WHERE a.node = $2 AND NOT EXISTS (SELECT"
    " FROM unnest($7::bytea[], $8::int8[]) AS w(accuser, incarnation)"
    " WHERE w.accuser = a.accuser AND w.incarnation = a.incarnation)),"
    " made AS (INSERT INTO accusations(node, accuser, incarnation, at, why)"
    " SELECT $2, w.accuser, w.incarnation, coalesce((SELECT o.at FROM accusations o"
    " WHERE o.node = $2 AND o.accuser = w.accuser AND o.incarnation = w.incarnation"
    " AND w.fresh = 0), " TROUPE_STORE_NOW "), w.why FROM up, unnest($7::bytea[], $8::int8[],"
    " $9::int8[], $10::bytea[]) AS w(accuser, incarnation, fresh, why)"
    " ON CONFLICT(node, accuser, incarnation) DO UPDATE SET at = excluded.at, why = excluded.why)"
    " SELECT version FROM up"};
constexpr postgres_statement remove_member{
    "remove_member", TROUPE_IF_EXPECTED
    ", a AS (DELETE FROM members USING up WHERE node = $2),"
    " b AS (DELETE FROM accusations USING up WHERE node = $2) SELECT version FROM up"};
constexpr postgres_statement put_duty{
    "put_duty", TROUPE_IF_EXPECTED
    ", a AS (INSERT INTO duties SELECT $2::bytea, $3::bytea FROM up"
    " ON CONFLICT(home) DO UPDATE SET served_by = excluded.served_by) SELECT version FROM up"};
constexpr postgres_statement put_placement{
    "put_placement", TROUPE_IF_EXPECTED
    ", a AS (INSERT INTO placements SELECT $2::bytea, $3::bytea FROM up"
    " ON CONFLICT(domain) DO UPDATE SET body = excluded.body) SELECT version FROM up"};

constexpr postgres_statement renew_member{"renew_member",
                                          "UPDATE members SET renewed = " TROUPE_STORE_NOW
                                          " WHERE node = $1 AND token = $2 AND state <> 3"
                                          " RETURNING (SELECT version FROM membership)"};

milliseconds age_of(std::int64_t micros) noexcept {
  return std::chrono::duration_cast<milliseconds>(microseconds{micros});
}

postgres_params values_of(const member_write& w) {
  postgres_params out;
  out.number(static_cast<std::int64_t>(w.expected));
  if (w.what == member_write::kind::duty)
    return std::move(out.bytes(w.duty.home).bytes(w.duty.served_by));
  if (w.what == member_write::kind::place)
    return std::move(out.bytes(w.placement.domain).bytes(w.placement.body));
  out.bytes(w.row.node);
  if (w.what == member_write::kind::remove)
    return out;
  // An accuser counts once; the last word is his.
  std::map<std::pair<std::string_view, std::uint64_t>, const accusation*> accused;
  for (const auto& a : w.row.accused)
    accused.insert_or_assign({a.by, a.incarnation}, &a);
  using column = postgres_array;
  column by{column::of::bytea}, why{column::of::bytea};
  column incarnation{column::of::int8}, fresh{column::of::int8};
  for (const auto& [who, a] : accused) {
    by.add(std::string_view{a->by});
    incarnation.add(static_cast<std::int64_t>(a->incarnation));
    fresh.add(std::int64_t{a->age == milliseconds{0}});
    why.add(std::string_view{a->why});
  }
  out.number(static_cast<std::int64_t>(w.row.token))
      .number(static_cast<std::int64_t>(w.row.incarnation))
      .number(static_cast<std::int64_t>(w.row.state))
      .bytes(card_of(w.row))
      .array(std::move(by))
      .array(std::move(incarnation))
      .array(std::move(fresh))
      .array(std::move(why));
  return out;
}

class postgres_membership final : public membership_table {
 public:
  explicit postgres_membership(const postgres_settings& settings)
      : db_(make_postgres_handle(settings)) {
    db_->begin_call();
  }

  member_table read() override {
    db_->begin_call();
    db_->add(begin_view);
    db_->add(table_version);
    db_->add(all_members);
    db_->add(all_accusations);
    db_->add(all_duties);
    db_->add(new_placements, postgres_params{}.number(static_cast<std::int64_t>(known_)));
    db_->add(end_view);
    const auto answers = db_->run();
    member_table out;
    out.version = static_cast<std::uint64_t>(answers[1].number(0, 0));
    add_rows(answers[2], out);
    add_accusations(answers[3], out);
    for (int i = 0; i < answers[4].size(); ++i)
      out.duties.push_back(
          {std::string{answers[4].bytes(i, 0)}, std::string{answers[4].bytes(i, 1)}});
    if (out.version != known_) {
      placements_.clear();
      for (int i = 0; i < answers[5].size(); ++i)
        placements_.push_back(
            {std::string{answers[5].bytes(i, 0)}, std::string{answers[5].bytes(i, 1)}});
      known_ = out.version;
    }
    out.placements = placements_;
    return out;
  }

  std::optional<std::uint64_t> write(const member_write& w) override {
    const auto values = values_of(w);
    const auto& what = w.what == member_write::kind::put      ? put_member
                       : w.what == member_write::kind::remove ? remove_member
                       : w.what == member_write::kind::place  ? put_placement
                                                              : put_duty;
    return version_after(what, values);
  }

  std::optional<std::uint64_t> renew(std::string_view node, std::uint64_t token) override {
    return version_after(renew_member,
                         postgres_params{}.bytes(node).number(static_cast<std::int64_t>(token)));
  }

 private:
  std::optional<std::uint64_t> version_after(const postgres_statement& what,
                                             const postgres_params& values) {
    db_->begin_call();
    db_->add(what, values);
    const auto answers = db_->run();
    if (answers[0].size() == 0)
      return std::nullopt;
    return static_cast<std::uint64_t>(answers[0].number(0, 0));
  }

  static void add_rows(const postgres_rows& r, member_table& to) {
    for (int i = 0; i < r.size(); ++i) {
      auto& row = to.rows.emplace_back();
      row.node = r.bytes(i, 0);
      row.token = static_cast<std::uint64_t>(r.number(i, 1));
      row.incarnation = static_cast<std::uint64_t>(r.number(i, 2));
      row.state = static_cast<member_state>(r.number(i, 3));
      row.unrenewed = age_of(r.number(i, 4));
      read_card(r.bytes(i, 5), row);
    }
  }

  static void add_accusations(const postgres_rows& r, member_table& to) {
    auto row = to.rows.begin();
    for (int i = 0; i < r.size(); ++i) {
      while (row != to.rows.end() && row->node != r.bytes(i, 0))
        ++row;
      if (row == to.rows.end())
        return;
      row->accused.push_back({std::string{r.bytes(i, 1)},
                              static_cast<std::uint64_t>(r.number(i, 2)), age_of(r.number(i, 3)),
                              std::string{r.bytes(i, 4)}});
    }
  }

  std::unique_ptr<postgres_handle> db_;
  std::uint64_t known_ = 0; ///< version of `placements_`; an empty table has version 0 and none
  std::vector<domain_placement> placements_;
};

#undef TROUPE_STORE_NOW
#undef TROUPE_IF_EXPECTED

} // namespace

std::unique_ptr<membership_table> open_postgres_membership(const postgres_settings& settings) {
  return std::make_unique<postgres_membership>(settings);
}

} // namespace troupe
