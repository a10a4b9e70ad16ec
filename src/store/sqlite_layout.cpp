#include "src/store/sqlite_layout.hpp"

namespace troupe {

sqlite_layout::sqlite_layout(sqlite_handle& db, const open_set& open,
                             std::function<void(const std::function<void()>&)> transaction)
    : open_(&open)
    , transaction_(std::move(transaction))
    , read_(db, "SELECT body FROM layout")
    , put_(db, "INSERT INTO layout VALUES(1, ?1) ON CONFLICT(one) DO UPDATE"
               " SET body = excluded.body") {}

std::optional<kept_layout> sqlite_layout::read() {
  sqlite_rows rows{read_};
  return rows.next() ? std::optional{kept_layout_of(rows.bytes(0))} : std::nullopt;
}

bool sqlite_layout::keep(const kept_layout& x, const std::optional<kept_layout>& before) {
  bool done = false;
  transaction_([&] {
    if (read() != before)
      return;
    const auto text = text_of(x);
    put_.text(1, text).run();
    done = true;
  });
  return done;
}

open_count sqlite_layout::open_tasks(std::uint32_t shards) {
  open_count out;
  transaction_([&] {
    out.all = open_->keys([](const auto&, const auto&) { return true; }).size();
    out.beyond = open_->keys([&](const auto& e, const auto&) { return e.shard >= shards; }).size();
  });
  return out;
}

} // namespace troupe
