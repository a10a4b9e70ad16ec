#include "src/store/postgres_audit.hpp"

#include "src/store/postgres_lock.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>

namespace troupe {

namespace {

constexpr postgres_statement add_records{"add_records",
                                         "SELECT add_to_trail($1, $2, $3, $4, $5, $6, $7)"};
constexpr postgres_statement lock_trail{"lock_trail", "SELECT pg_advisory_xact_lock($1)"};
constexpr postgres_statement end_of_trail{"end_of_trail",
                                          "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1"};
constexpr postgres_statement known_records{
    "known_records", "SELECT a.id FROM unnest($1::bytea[]) AS w(id) JOIN audit a ON a.id = w.id"};
constexpr postgres_statement page_of_trail{
    "page_of_trail", "SELECT n, id, body, hash FROM audit WHERE n > $1 ORDER BY n LIMIT $2"};
constexpr postgres_statement one_record{"one_record", "SELECT hash FROM audit WHERE n = $1"};

std::int64_t bounded(std::uint64_t x) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(x, std::numeric_limits<std::int64_t>::max()));
}

audit_head head_of(const postgres_rows& r) {
  if (r.size() == 0)
    return {0, audit_origin()};
  return {static_cast<std::uint64_t>(r.number(0, 0)), std::string{r.bytes(0, 1)}};
}

} // namespace

postgres_audit::postgres_audit(postgres_handle& db)
    : db_(&db)
    , lock_(postgres_lock(db.settings().schema, "audit")) {}

void postgres_audit::add(const records& what) {
  next_ = end_;
  if (what.empty())
    return;
  using column = postgres_array;
  column numbers{column::of::int8};
  column ids{column::of::bytea}, bodies{column::of::bytea}, links{column::of::bytea};
  for (const auto* w : what) {
    next_ = {next_.n + 1,
             audit_link(db_->settings().audit_key, next_.hash, next_.n + 1, w->id, w->body)};
    numbers.add(bounded(next_.n));
    ids.add(std::string_view{w->id});
    bodies.add(std::string_view{w->body});
    links.add(std::string_view{next_.hash});
  }
  postgres_params p;
  p.number(lock_)
      .number(bounded(end_.n))
      .bytes(end_.hash)
      .array(std::move(numbers))
      .array(std::move(ids))
      .array(std::move(bodies))
      .array(std::move(links));
  db_->add(add_records, p);
}

postgres_audit::records postgres_audit::settle(const records& what) {
  postgres_array ids{postgres_array::of::bytea};
  for (const auto* w : what)
    ids.add(std::string_view{w->id});
  db_->add(lock_trail, postgres_params{}.number(lock_));
  db_->add(end_of_trail);
  db_->add(known_records, postgres_params{}.array(std::move(ids)));
  const auto answers = db_->run();
  // In front of them are the answers to what opened the transaction.
  const auto& known = answers.back();
  end_ = next_ = head_of(answers[answers.size() - 2]);
  std::set<std::string_view> there;
  for (int i = 0; i < known.size(); ++i)
    there.insert(known.bytes(i, 0));
  records out;
  std::copy_if(what.begin(), what.end(), std::back_inserter(out),
               [&](const store_write* w) { return !there.contains(w->id); });
  return out;
}

void postgres_audit::committed() {
  if (next_ == end_)
    return;
  end_ = next_;
  const auto& file = db_->settings().audit_head;
  if (file.empty())
    return;
  // Always a longer or equally long line, so that nothing of the last one stays behind it.
  std::fstream out{file, std::ios::in | std::ios::out};
  if (!out)
    out.open(file, std::ios::out | std::ios::trunc);
  // A head that cannot be written is no reason to lose work: the trail itself is stored.
  out << to_text(end_) << '\n' << std::flush;
}

std::vector<store_write> postgres_audit::compare_with_head() {
  db_->begin_call();
  db_->add(end_of_trail);
  end_ = next_ = head_of(db_->run()[0]);
  const auto& file = db_->settings().audit_head;
  if (file.empty())
    return {};
  std::ifstream in{file};
  std::string line;
  const auto head = std::getline(in, line) ? parse_audit_head(line) : std::nullopt;
  if (!head || *head == end_ || head->n == 0)
    return {};
  if (head->n < end_.n) {
    // Others have gone on, or the process ended between the commit and the file.
    db_->begin_call();
    db_->add(one_record, postgres_params{}.number(bounded(head->n)));
    const auto found = db_->run();
    if (found[0].size() == 1 && found[0].bytes(0, 0) == head->hash)
      return {};
  }
  store_write w;
  w.what = store_write::kind::audit;
  w.id = std::string{audit_break} + to_text(*head) + "/" + to_text(end_);
  w.body = audit_break_body(*head, end_);
  return {std::move(w)};
}

std::vector<audit_row> postgres_audit::rows(std::uint64_t after, std::size_t most) {
  db_->begin_call();
  db_->add(page_of_trail, postgres_params{}.number(bounded(after)).number(bounded(most)));
  const auto found = db_->run();
  const auto& r = found[0];
  std::vector<audit_row> out;
  for (int i = 0; i < r.size(); ++i)
    out.push_back({static_cast<std::uint64_t>(r.number(i, 0)), std::string{r.bytes(i, 1)},
                   std::string{r.bytes(i, 2)}, std::string{r.bytes(i, 3)}});
  return out;
}

} // namespace troupe
