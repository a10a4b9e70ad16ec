#pragma once

#include "examples/customer-support/backend/agents.hpp"
#include "examples/customer-support/backend/schema.hpp"
#include "tests/fixtures/little_fleet.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace troupe::testing {

/// The example's database, of which the desks of a test answer.
struct back_end {
  back_end() {
    static std::atomic<int> made{0};
    dir = std::filesystem::temp_directory_path() /
          ("troupe_running_" + std::to_string(::getpid()) + "_" + std::to_string(made++));
    std::filesystem::create_directories(dir);
    support::database db{path()};
    support::prepare(db, *support::parse_day(today));
  }
  ~back_end() { std::filesystem::remove_all(dir); }
  back_end(const back_end&) = delete;
  back_end& operator=(const back_end&) = delete;

  [[nodiscard]] std::string path() const { return support::database_path(dir.string()); }

  [[nodiscard]] script_room::work desk(support::services offered) const {
    auto made = std::make_shared<support::desk>(path(), std::move(offered), json{{"today", today}});
    return [made](const agent_call& x) { return (*made)(x, {}); };
  }

  [[nodiscard]] std::int64_t count(const std::string& sql) const {
    support::database db{path()};
    auto s = db.ask(sql);
    return s.next() ? s.number(0) : -1;
  }

  static constexpr const char* today = "2026-11-16";
  std::filesystem::path dir;
};

} // namespace troupe::testing
