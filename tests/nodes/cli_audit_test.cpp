#include "src/store/sqlite_handle.hpp"
#include "src/store/store.hpp"
#include "tests/nodes/cli_kit.hpp"

#include <gmock/gmock.h>

namespace cli_audit_cases {

using namespace troupe::test;
using testing::HasSubstr;
using testing::Not;

/// A data folder whose trail has got these records, each in a start of its own.
void add_records(const scratch& here, int first, int last) {
  for (int i = first; i <= last; ++i) {
    troupe::store_write w;
    w.what = troupe::store_write::kind::audit;
    w.id = "r" + std::to_string(i);
    w.body = R"({"what":"effect.begun"})";
    troupe::open_sqlite_store(here.path("journal.db"))->apply(std::vector{w});
  }
}

ran verify(const scratch& here, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"audit", "verify", "--data", here.path()};
  words.insert(words.end(), more.begin(), more.end());
  return run_troupe(words);
}

TEST(cli_audit, a_missing_end_is_told_after_later_starts_too_until_somebody_knows_of_it) {
  const scratch here;
  add_records(here, 1, 5);
  EXPECT_EQ(verify(here).code, 0);
  troupe::sqlite_handle{here.path("journal.db")}.run("DELETE FROM audit WHERE n > 3");
  EXPECT_EQ(verify(here).code, 1);
  add_records(here, 6, 7);
  const auto later = verify(here, {"-o", "json"});
  EXPECT_EQ(later.code, 1);
  const auto said = later.document();
  EXPECT_EQ(said["good"], false);
  EXPECT_THAT(said["fault"].get<std::string>(), HasSubstr("record 4: here a node has found"));
  EXPECT_THAT(verify(here).out, HasSubstr("6 records, each follows from the one before"));
  EXPECT_EQ(verify(here, {"--head", said["head"].get<std::string>()}).code, 0);
}

TEST(cli_audit, says_that_it_knows_of_no_head) {
  const scratch here;
  add_records(here, 1, 2);
  EXPECT_THAT(verify(here).err, Not(HasSubstr("no head")));
  here.write("audit.head", "garbage\n");
  const auto without = verify(here);
  EXPECT_EQ(without.code, 0);
  EXPECT_THAT(without.err, HasSubstr("no head is kept beside the trail"));
}

} // namespace cli_audit_cases
