#include "src/store/postgres_handle.hpp"

#include "src/store/postgres_address.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace troupe {

using std::chrono::steady_clock;

void postgres_handle::closer::operator()(pg_conn* c) const noexcept {
  PQfinish(c);
}

postgres_handle::postgres_handle(postgres_settings settings,
                                 std::function<void(postgres_handle&)> prepare)
    : settings_(std::move(settings))
    , place_(postgres_place(settings_.address))
    , prepare_(std::move(prepare)) {}

postgres_handle::~postgres_handle() = default;

void postgres_handle::drop() noexcept {
  conn_.reset();
  prepared_.clear();
  queue_.clear();
}

void postgres_handle::lost(const std::string& why) {
  drop();
  throw postgres_error{store_error::kind::io, "", place_ + ": " + why};
}

void postgres_handle::wait(bool writing, instant until) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    if (left <= 0)
      lost("no answer within " + std::to_string(settings_.answer_timeout.count()) + " ms");
    pollfd p{PQsocket(conn_.get()), static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0};
    const int n = ::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left, 60000)));
    if (n > 0)
      return;
    if (n < 0 && errno != EINTR)
      lost("the connection cannot be waited for");
  }
}

pg_result* postgres_handle::next() {
  auto* c = conn_.get();
  auto until = steady_clock::now() + settings_.answer_timeout;
  for (;;) {
    const int unsent = PQflush(c);
    if (unsent < 0)
      lost("the connection is lost: " + trimmed(PQerrorMessage(c)));
    if (unsent == 0 && PQisBusy(c) == 0)
      return PQgetResult(c);
    wait(unsent > 0, until);
    if (PQconsumeInput(c) == 0)
      lost("the connection is lost: " + trimmed(PQerrorMessage(c)));
    // An answer may be long; what counts is that it goes on.
    until = steady_clock::now() + settings_.answer_timeout;
  }
}

void postgres_handle::add(const postgres_statement& what, const postgres_params& with) {
  auto* c = conn_.get();
  if (!c)
    lost("the connection was lost before the call was over");
  bool sent = true;
  const bool known = prepared_.contains(&what) ||
                     std::any_of(queue_.begin(), queue_.end(),
                                 [&](const queued& q) { return q.preparing && q.what == &what; });
  if (!known) {
    sent = PQsendPrepare(c, what.name, what.sql, 0, nullptr) == 1;
    queue_.push_back({&what, true});
  }
  const auto& values = with.values();
  std::vector<const char*> at(values.size());
  std::vector<int> lengths(values.size());
  const std::vector<int> binary(values.size(), 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    at[i] = values[i].data();
    lengths[i] = static_cast<int>(values[i].size());
  }
  sent = sent && PQsendQueryPrepared(c, what.name, static_cast<int>(values.size()), at.data(),
                                     lengths.data(), binary.data(), 1) == 1;
  queue_.push_back({&what, false});
  if (!sent)
    lost("not sent: " + trimmed(PQerrorMessage(c)));
}

std::vector<postgres_rows> postgres_handle::run() {
  std::vector<postgres_rows> out;
  if (queue_.empty())
    return out;
  if (PQpipelineSync(conn_.get()) == 0)
    lost("not sent: " + trimmed(PQerrorMessage(conn_.get())));
  drain(out);
  if (std::exchange(unreplicated_, false))
    lost("the server has stored this, but gave up waiting for its standby");
  return out;
}

void postgres_handle::drain(std::vector<postgres_rows>& out) {
  std::optional<postgres_error> failed;
  const auto queue = std::exchange(queue_, {});
  const auto check_lost = [&](const char* text) {
    if (PQstatus(conn_.get()) == CONNECTION_BAD)
      lost("the connection is lost: " + trimmed(text));
  };
  for (const auto& q : queue) {
    // One result, then a null: a statement of ours never has two.
    while (auto* r = next()) {
      postgres_rows rows{r};
      if (is_error(r)) {
        if (!failed && PQresultStatus(r) != PGRES_PIPELINE_ABORTED)
          failed = postgres_error_of(r, place_);
        check_lost(PQresultErrorMessage(r));
      } else if (q.preparing) {
        prepared_.insert(q.what);
      } else {
        out.push_back(std::move(rows));
      }
    }
    check_lost(PQerrorMessage(conn_.get()));
  }
  const postgres_rows sync{next()};
  if (!sync.get() || PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC)
    lost("the server's answers are out of step");
  if (!failed)
    return;
  unreplicated_ = false;
  // A server that does not write any more was demoted under us: another connection finds the one
  // that does.
  if (failed->state() == "25006" || failed->state().starts_with("57P"))
    drop();
  else
    roll_back();
  throw *failed;
}

void postgres_handle::roll_back() noexcept {
  if (PQtransactionStatus(conn_.get()) == PQTRANS_IDLE)
    return;
  try {
    // It cannot be prepared within a transaction that has failed; sent with its text it works.
    auto* c = conn_.get();
    if (PQsendQueryParams(c, "ROLLBACK", 0, nullptr, nullptr, nullptr, nullptr, 1) == 0 ||
        PQpipelineSync(c) == 0)
      return drop();
    while (auto* r = next())
      PQclear(r);
    PQclear(next());
    if (PQtransactionStatus(c) != PQTRANS_IDLE)
      drop();
  } catch (const store_error&) {
    drop();
  }
}

postgres_rows postgres_handle::script(const std::string& sql) {
  auto* c = conn_.get();
  if (PQsendQuery(c, sql.c_str()) == 0)
    lost("not sent: " + trimmed(PQerrorMessage(c)));
  postgres_rows last{nullptr};
  std::optional<postgres_error> failed;
  while (auto* r = next()) {
    postgres_rows rows{r};
    if (is_error(r) && !failed)
      failed = postgres_error_of(r, place_);
    last = std::move(rows);
    if (PQstatus(c) == CONNECTION_BAD)
      lost("the connection is lost: " + trimmed(PQresultErrorMessage(last.get())));
  }
  if (failed)
    throw *failed;
  return last;
}

} // namespace troupe
