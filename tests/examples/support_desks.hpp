#pragma once

#include "examples/customer-support/backend/agents.hpp"
#include "examples/customer-support/backend/schema.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <unistd.h>

namespace troupe::support {

// Day 16 of a cycle of 30 days for C-1001, who is billed on the first: half of the cycle is left.
inline const day a_day = *parse_day("2026-11-16");

/// A back end of its own for each test, seeded for `a_day`, with both desks on it.
class support_desks : public testing::Test {
 protected:
  void SetUp() override {
    static std::atomic<int> count{0};
    dir_ = std::filesystem::temp_directory_path() /
           ("troupe_support_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(dir_);
    database db{path()};
    prepare(db, a_day);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  [[nodiscard]] std::string path() const { return database_path(dir_.string()); }

  outcome bill(const std::string& skill, const std::string& customer, const std::string& text,
               const std::string& key = "k1", json input = nullptr, const char* detail = "full") {
    desk d{path(), billing_services(), {{"detail", detail}, {"today", today_}}};
    return d(call(skill, customer, text, key, std::move(input)), {});
  }
  /// What the reviewer makes of an answer.
  outcome review_of(const std::string& asked, const std::string& customer, const std::string& text,
                    const outcome& said) {
    desk d{path(), review_services(), {{"today", today_}}};
    return d(call("answer.review", customer, text, "review",
                  {{"asked", asked}, {"candidate", {{"text", said.text}, {"data", said.data}}}}),
             {});
  }
  outcome sell(const std::string& skill, const std::string& customer, const std::string& text,
               const std::string& key = "k1", json input = nullptr) {
    desk d{path(), sales_services(), {{"today", today_}}};
    return d(call(skill, customer, text, key, std::move(input)), {});
  }
  static agent_call call(const std::string& skill, const std::string& customer,
                         const std::string& text, const std::string& key, json input) {
    agent_call c;
    c.skill = skill;
    c.text = text;
    c.input = std::move(input);
    c.idempotency_key = key;
    if (!customer.empty())
      c.context = {{"customer_id", customer}};
    return c;
  }
  std::int64_t count(const std::string& sql) {
    database db{path()};
    auto s = db.ask(sql);
    return s.next() ? s.number(0) : -1;
  }
  void set(const std::string& sql) { database{path()}.run(sql); }

  std::filesystem::path dir_;
  std::string today_ = iso(a_day);
};

} // namespace troupe::support
