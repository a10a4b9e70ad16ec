#include "src/store/postgres_clock.hpp"

#include "src/store/postgres_schema.hpp"

#include <optional>

namespace troupe {

namespace {

using server_steady = std::chrono::steady_clock;

constexpr postgres_statement server_time{
    "server_time", "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8"};

/// The first answer may have waited for the connection; of these the quickest counts.
constexpr int clock_looks = 4;

} // namespace

timeline timeline_of_server(const postgres_settings& settings) {
  const auto db = make_postgres_handle(settings);
  std::optional<timeline> out;
  auto quickest = server_steady::duration::max();
  for (int i = 0; i < clock_looks; ++i) {
    db->begin_call();
    const auto asked = server_steady::now();
    db->add(server_time);
    const auto said = db->run();
    const auto took = server_steady::now() - asked;
    if (took >= quickest)
      continue;
    quickest = took;
    out.emplace(timestamp{microseconds{said.at(0).number(0, 0)}}, asked + took / 2);
  }
  return *out;
}

} // namespace troupe
