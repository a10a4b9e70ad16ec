#pragma once

#include "tests/src/store/postgres_kit.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace troupe {

/// For what is to be the same in all stores: one of the kind that the parameter names, `memory`,
/// `sqlite` or `postgres`, and empty.
class each_store : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string kind = GetParam();
    if (kind == "memory")
      open_ = [] { return make_memory_store(); };
    else if (kind == "sqlite")
      open_ = [path = folder_.file("journal.db")] { return open_sqlite_store(path); };
    else
      open_ = [to = schema_of_test()] { return open_postgres_store(to); };
    s = open_();
  }
  /// Opens the store anew, unless it would forget.
  void reopen() {
    if (std::string{GetParam()} == "memory")
      return;
    s.reset();
    s = open_();
  }

  std::unique_ptr<store> s;

 private:
  temporary_folder folder_;
  std::function<std::unique_ptr<store>()> open_;
};

} // namespace troupe
