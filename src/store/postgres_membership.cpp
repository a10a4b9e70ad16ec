#include "src/store/member_card.hpp"
#include "src/store/membership_table.hpp"
#include "src/store/postgres_handle.hpp"
#include "src/store/postgres_schema.hpp"

namespace troupe {

namespace {

// Microseconds since 1970 by the server's clock; the same throughout a statement.
#define TROUPE_STORE_NOW "(extract(epoch FROM statement_timestamp()) * 1000000)::int8"

constexpr postgres_statement begin_view{"begin_view",
                                        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr postgres_statement end_view{"end_view", "COMMIT"};
constexpr postgres_statement table_version{"table_version",
                                           "SELECT version, " TROUPE_STORE_NOW " FROM membership"};
constexpr postgres_statement all_members{
    "all_members", "SELECT node, etag, incarnation, state, lease_until, changed, card FROM members"
                   " ORDER BY node"};

// One statement, and so one transaction. Two writers meet at the table's only version row: the
// second one waits for the first, finds another version and gives up. The row's own etag is
// compared in the snapshot from before that wait, which is well: whatever changes an etag raises
// the table's version too.
//
// $1 version, $2 node, $3 etag, $4 incarnation, $5 state, $6 lease in microseconds or -1, $7 card
constexpr postgres_statement write_member{
    "write_member",
    "WITH up AS (UPDATE membership SET version = version + 1 WHERE version = $1"
    " AND $3 = coalesce((SELECT etag FROM members WHERE node = $2), 0) RETURNING version)"
    " INSERT INTO members AS m (node, etag, incarnation, state, lease_until, changed, card)"
    " SELECT $2, up.version, $4::int8, $5::int8, CASE WHEN $6::int8 < 0 THEN 0 ELSE"
    " " TROUPE_STORE_NOW " + $6::int8 END, " TROUPE_STORE_NOW ", $7::bytea FROM up"
    " ON CONFLICT(node) DO UPDATE SET etag = excluded.etag, incarnation = excluded.incarnation,"
    " state = excluded.state, lease_until = CASE WHEN $6::int8 < 0 THEN m.lease_until ELSE"
    " excluded.lease_until END, changed = excluded.changed, card = excluded.card"
    " RETURNING etag, changed, lease_until"};

constexpr postgres_statement renew_member{
    "renew_member", "UPDATE members SET lease_until = " TROUPE_STORE_NOW " + $3::int8"
                    " WHERE node = $1 AND incarnation = $2 AND state <> 3"
                    " RETURNING etag, " TROUPE_STORE_NOW ", lease_until"};

// The table's version is locked first, as every writer does it: else two could wait in a circle.
constexpr postgres_statement forget_members{
    "forget_members",
    "WITH first AS MATERIALIZED (SELECT version FROM membership FOR UPDATE),"
    " gone AS (DELETE FROM members WHERE (SELECT count(*) FROM first) > 0 AND state = 3"
    " AND changed < " TROUPE_STORE_NOW
    " - $1::int8 RETURNING node), up AS (UPDATE membership SET version = version + 1"
    " WHERE EXISTS (SELECT FROM gone)) SELECT count(*) FROM gone"};

timestamp time_of(std::int64_t micros) noexcept {
  return timestamp{microseconds{micros}};
}

class postgres_membership final : public membership_table {
 public:
  explicit postgres_membership(const postgres_settings& settings)
      : db_(make_postgres_handle(settings)) {
    db_->begin_call();
  }

  membership_view read() override {
    db_->begin_call();
    db_->add(begin_view);
    db_->add(table_version);
    db_->add(all_members);
    db_->add(end_view);
    const auto answers = db_->run();
    membership_view out;
    out.version = static_cast<std::uint64_t>(answers[1].number(0, 0));
    out.now = time_of(answers[1].number(0, 1));
    const auto& r = answers[2];
    for (int i = 0; i < r.size(); ++i) {
      member_row row;
      row.node = r.bytes(i, 0);
      row.etag = static_cast<std::uint64_t>(r.number(i, 1));
      row.incarnation = static_cast<std::uint64_t>(r.number(i, 2));
      row.state = static_cast<member_state>(r.number(i, 3));
      row.lease_until = time_of(r.number(i, 4));
      row.changed = time_of(r.number(i, 5));
      read_card(r.bytes(i, 6), row);
      out.members.push_back(std::move(row));
    }
    return out;
  }

  membership_write write(const member_row& row, std::uint64_t version,
                         std::optional<milliseconds> lease) override {
    auto dated = row;
    for (auto& v : dated.votes)
      if (v.at == timestamp{}) {
        // Votes are judged by their age, so that they need the store's time; asked for once.
        const auto now = this->now();
        for (auto& x : dated.votes)
          if (x.at == timestamp{})
            x.at = now;
        break;
      }
    db_->begin_call();
    db_->add(write_member, postgres_params{}
                               .number(static_cast<std::int64_t>(version))
                               .bytes(row.node)
                               .number(static_cast<std::int64_t>(row.etag))
                               .number(static_cast<std::int64_t>(row.incarnation))
                               .number(static_cast<std::int64_t>(row.state))
                               .number(lease ? std::chrono::microseconds{*lease}.count() : -1)
                               .bytes(card_of(dated)));
    const auto answers = db_->run();
    const auto& r = answers[0];
    if (r.size() == 0)
      return {};
    const auto etag = static_cast<std::uint64_t>(r.number(0, 0));
    return {true, etag, etag, time_of(r.number(0, 1)), time_of(r.number(0, 2))};
  }

  membership_write renew(std::string_view node, std::uint64_t incarnation,
                         milliseconds lease) override {
    db_->begin_call();
    db_->add(renew_member, postgres_params{}
                               .bytes(node)
                               .number(static_cast<std::int64_t>(incarnation))
                               .number(std::chrono::microseconds{lease}.count()));
    db_->add(table_version);
    const auto answers = db_->run();
    const auto& r = answers[0];
    if (r.size() == 0)
      return {};
    return {true, static_cast<std::uint64_t>(answers[1].number(0, 0)),
            static_cast<std::uint64_t>(r.number(0, 0)), time_of(r.number(0, 1)),
            time_of(r.number(0, 2))};
  }

  std::size_t forget_dead(milliseconds older_than) override {
    db_->begin_call();
    db_->add(forget_members,
             postgres_params{}.number(std::chrono::microseconds{older_than}.count()));
    return static_cast<std::size_t>(db_->run()[0].number(0, 0));
  }

 private:
  timestamp now() {
    db_->begin_call();
    db_->add(table_version);
    return time_of(db_->run()[0].number(0, 1));
  }

  std::unique_ptr<postgres_handle> db_;
};

#undef TROUPE_STORE_NOW

} // namespace

std::unique_ptr<membership_table> open_postgres_membership(const postgres_settings& settings) {
  return std::make_unique<postgres_membership>(settings);
}

} // namespace troupe
