#include "src/store/api_keys.hpp"

#include "tests/src/store/postgres_kit.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace troupe {
namespace api_keys_cases {

api_key wanted() {
  api_key out;
  out.name = "desk";
  out.team = "support";
  out.made = time_of(0);
  out.made_by = "0011223344556677";
  out.grants = {{access_scope::read, "support"}, {access_scope::answer, ""}};
  return out;
}

TEST(api_key, is_the_key_that_was_made_and_no_other) {
  auto kept = wanted();
  const auto text = make_key(kept);
  const auto shown = read_key(text);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->id, kept.id);
  EXPECT_TRUE(is_key(*shown, &kept));
  EXPECT_FALSE(is_key(*shown, nullptr));
  auto other = wanted();
  const auto second = make_key(other);
  EXPECT_NE(second, text);
  EXPECT_FALSE(is_key(*shown, &other));
  // The hash of one key is no good under another's id.
  other.hash = kept.hash;
  EXPECT_FALSE(is_key(*read_key(second), &other));
  for (std::size_t i = text.size() - 3; i < text.size(); ++i) {
    auto wrong = text;
    wrong[i] = wrong[i] == '0' ? '1' : '0';
    EXPECT_FALSE(is_key(*read_key(wrong), &kept));
  }
  EXPECT_EQ(key_write(kept).body.find(text.substr(21)), std::string::npos);
}

TEST(api_key, other_texts_are_none) {
  auto kept = wanted();
  const auto text = make_key(kept);
  EXPECT_FALSE(read_key(""));
  EXPECT_FALSE(read_key(text + "0"));
  EXPECT_FALSE(read_key(text.substr(1)));
  EXPECT_FALSE(read_key("TRP_" + text.substr(4)));
  auto bad = text;
  bad[30] = 'g';
  EXPECT_FALSE(read_key(bad));
  bad = text;
  bad[20] = '-';
  EXPECT_FALSE(read_key(bad));
}

struct memory_keys {
  static std::unique_ptr<store> open(const std::string&) { return make_memory_store(); }
};
struct file_keys {
  static std::unique_ptr<store> open(const std::string& path) { return open_sqlite_store(path); }
};
struct server_keys {
  static std::unique_ptr<store> open(const std::string&) {
    return open_postgres_store(schema_of_test());
  }
};

template <class Kind>
class stored_keys : public ::testing::Test {
 protected:
  temporary_folder folder;
  std::unique_ptr<store> s = Kind::open(folder.file("a.db"));
};
using key_stores = ::testing::Types<memory_keys, file_keys, server_keys>;
TYPED_TEST_SUITE(stored_keys, key_stores);

TYPED_TEST(stored_keys, come_back_as_they_were_and_only_when_there_is_news) {
  std::uint64_t mark = 0;
  const auto none = this->s->keys(mark);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  EXPECT_FALSE(this->s->keys(mark));
  auto key = wanted();
  key.expires = time_of(1000);
  static_cast<void>(make_key(key));
  this->s->apply(std::vector{key_write(key)});
  this->s->apply(std::vector{key_write(key)});
  const auto one = this->s->keys(mark);
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1u);
  const auto back = key_of(one->front());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, key.id);
  EXPECT_EQ(back->name, "desk");
  EXPECT_EQ(back->team, "support");
  EXPECT_EQ(back->hash, key.hash);
  EXPECT_EQ(back->grants, key.grants);
  EXPECT_EQ(back->made, key.made);
  EXPECT_EQ(back->made_by, key.made_by);
  EXPECT_EQ(back->expires, key.expires);
  EXPECT_EQ(back->revoked, timestamp::max());
  EXPECT_FALSE(this->s->keys(mark));
}

TYPED_TEST(stored_keys, a_revoked_one_stays_revoked) {
  std::uint64_t mark = 0;
  auto key = wanted();
  static_cast<void>(make_key(key));
  this->s->apply(std::vector{key_write(key)});
  ASSERT_TRUE(this->s->keys(mark));
  this->s->apply(std::vector{revocation_write(key.id, time_of(5))});
  auto news = this->s->keys(mark);
  ASSERT_TRUE(news);
  EXPECT_EQ(key_of(news->at(0))->revoked, time_of(5));
  this->s->apply(std::vector{revocation_write(key.id, time_of(9)), key_write(key),
                             revocation_write("nobody", time_of(9))});
  EXPECT_FALSE(this->s->keys(mark));
  mark = 0;
  news = this->s->keys(mark);
  ASSERT_EQ(news->size(), 1u);
  EXPECT_EQ(news->at(0).revoked, time_of(5));
}

TYPED_TEST(stored_keys, are_stored_together_with_their_record_or_not_at_all) {
  auto key = wanted();
  static_cast<void>(make_key(key));
  store_write record;
  record.what = store_write::kind::audit;
  record.id = "key/" + key.id;
  record.body = R"({"what":"key.made"})";
  this->s->apply(std::vector{key_write(key), record});
  std::uint64_t mark = 0;
  EXPECT_EQ(this->s->keys(mark)->size(), 1u);
  EXPECT_EQ(this->s->audit(0, 10).size(), 1u);
}

TEST(stored_key_row, that_is_damaged_is_no_key) {
  auto key = wanted();
  static_cast<void>(make_key(key));
  const auto body = key_write(key).body;
  EXPECT_TRUE(key_of({key.id, timestamp::max(), body}));
  EXPECT_FALSE(key_of({key.id, timestamp::max(), body.substr(1)}));
  EXPECT_FALSE(key_of({key.id, timestamp::max(), "{}"}));
  EXPECT_FALSE(key_of({key.id, timestamp::max(), "[1]"}));
  auto bad = body;
  bad.replace(bad.find("read"), 4, "rule");
  EXPECT_FALSE(key_of({key.id, timestamp::max(), bad}));
}

} // namespace api_keys_cases
} // namespace troupe
