#include "src/telemetry/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace troupe {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class logs : public testing::Test {
 protected:
  logs() {
    std::filesystem::create_directories(dir);
    log_book_settings s;
    s.dir = dir;
    book = std::make_shared<log_book>(s);
  }
  ~logs() override {
    book.reset();
    std::filesystem::remove_all(dir);
  }

  log_settings to_file(log_format format) {
    log_settings out;
    out.format = format;
    out.file = (dir / "out.log").string();
    out.redact = redact;
    out.book = book;
    return out;
  }
  std::string shown() {
    std::ifstream in{dir / "out.log"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::vector<log_entry> written() {
    EXPECT_TRUE(book->flush());
    return book->search({});
  }

  const std::filesystem::path dir = std::filesystem::temp_directory_path() /
                                    ("troupe-log-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
  std::shared_ptr<log_book> book;
  redactor_ptr redact = std::make_shared<redactor>(
      std::vector<std::string>{"hunter2", "hunter2-long", "abc", "quo\"te"});
};

log_entry ended() {
  auto out = log_entry::of(log_level::warning, "task.ended", "the task failed");
  out.at = timestamp{microseconds{1700000000123456}};
  out.task = "t1";
  out.session = "s1";
  out.agent = "support/billing";
  out.fields = {{"tokens", 3}};
  return out;
}

TEST_F(logs, a_structured_line_lands_once_in_book_and_file) {
  const auto out = make_logger(to_file(log_format::json_lines));
  event_log log{out, book, redact};
  log.write(ended());
  out->flush();
  const auto line = json::parse(shown());
  EXPECT_EQ(line, (json{{"at", "2023-11-14T22:13:20.123Z"},
                        {"level", "warning"},
                        {"event", "task.ended"},
                        {"message", "the task failed"},
                        {"logger", "troupe"},
                        {"task", "t1"},
                        {"session", "s1"},
                        {"agent", "support/billing"},
                        {"fields", {{"tokens", 3}}}}));
  EXPECT_EQ(written(), std::vector{ended()});
}

TEST_F(logs, text_is_for_people_and_one_line_each) {
  const auto out = make_logger(to_file(log_format::text));
  event_log log{out, book};
  auto entry = ended();
  entry.message = "first\n2023-11-14T22:13:20.123Z error forged\x1b[2J";
  log.write(entry);
  out->flush();
  EXPECT_EQ(
      shown(),
      "2023-11-14T22:13:20.123Z warning  task.ended "
      "first\\n2023-11-14T22:13:20.123Z error forged?[2J agent=support/billing task=t1 session=s1 "
      "{\"tokens\":3}\n");
}

TEST_F(logs, plain_lines_land_in_the_book_too) {
  const auto out = make_logger(to_file(log_format::text));
  out->info("plain {}", 7);
  out->debug("not wanted");
  const auto lines = written();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].event, "log");
  EXPECT_EQ(lines[0].message, "plain 7");
  EXPECT_EQ(lines[0].fields, (json{{"logger", "troupe"}}));
}

TEST(redactor, masks_a_secret_also_as_json_and_python_quote_it) {
  const std::string odd = "a\"b\\c/d\xc3\xa9'e";
  redactor masks{{odd, "plain-one"}};
  masks.add({"tab\tbed"}); // What was known is not quoted once more.
  for (const auto& told :
       {odd, json(odd).dump(), json(odd).dump(-1, ' ', true), std::string{R"("a\"b\\c/d\u00E9'e")"},
        std::string{R"("a\"b\\c\/d\u00e9'e")"}, std::string{"\"a\\\"b\\\\c\\/d\xc3\xa9'e\""},
        std::string{"'a\"b\\\\c/d\xc3\xa9\\'e'"}, std::string{"a\"b\\\\c/d\xc3\xa9'e"},
        std::string{R"(tab\tbed)"}}) {
    auto text = "it is " + told + ", plain-one";
    EXPECT_TRUE(masks.finds(told)) << told;
    masks.apply(text);
    for (const auto* rest : {"a\"", "a\\\"", "c/d", "c\\/d", "'e", "\\'e", "tab"})
      EXPECT_THAT(text, Not(HasSubstr(rest))) << told;
    EXPECT_THAT(text, HasSubstr("[redacted]")) << told;
    EXPECT_THAT(text, HasSubstr(", [redacted]")) << told;
  }
}

TEST(redactor, masks_a_number_that_is_a_secret_and_no_other) {
  const redactor masks{{"48151623", "123456789012345678901234567890", "12.50", "123"}};
  json data = {{"pin", 48151623}, {"deep", json::array({48151623, 48151624, 123, true})}};
  EXPECT_TRUE(masks.finds_in(data));
  masks.apply(data);
  EXPECT_EQ(data, (json{{"pin", "[redacted]"},
                        {"deep", json::array({"[redacted]", 48151624, 123, true})}}));
  EXPECT_FALSE(masks.finds_in(data));
  EXPECT_TRUE(masks.finds_in(json::parse("[123456789012345678901234567890]")));
  EXPECT_TRUE(masks.finds_in(json::parse("12.5")));
}

TEST_F(logs, secrets_are_masked_everywhere) {
  const auto out = make_logger(to_file(log_format::json_lines));
  event_log log{out, book, redact};
  auto entry = ended();
  entry.message = "login with hunter2-long and hunter2 and abc";
  entry.fields = {{"password", "xhunter2x"}, {"deep", {{"hunter2", json::array({"quo\"te", 1})}}}};
  log.write(entry);
  out->warn("plain hunter2, quo\"te");
  out->flush();
  for (const auto& line : written())
    EXPECT_THAT(line.message + line.fields.dump(),
                Not(testing::AnyOf(HasSubstr("hunter"), HasSubstr("quo"))));
  EXPECT_THAT(shown(), Not(testing::AnyOf(HasSubstr("hunter"), HasSubstr("quo"))));
  EXPECT_THAT(shown(), HasSubstr("login with [redacted] and [redacted] and abc"))
      << "too short a secret is not masked";
}

TEST_F(logs, a_host_passes_its_own_logger) {
  std::ostringstream text;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  auto host = std::make_shared<spdlog::logger>(
      "host", spdlog::sinks_init_list{sink, make_book_sink(book, redact)});
  host->set_pattern("%n %l %v");
  event_log log{host, book, redact};
  log.write(ended());
  host->error("its own hunter2");
  EXPECT_EQ(text.str(), "host warning task.ended: the task failed {\"tokens\":3}\n"
                        "host error its own hunter2\n")
      << "what the host's own sinks show of its own lines is the host's affair";
  const auto lines = written();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].message, "its own [redacted]");
  EXPECT_EQ(lines[0].fields, (json{{"logger", "host"}}));
  EXPECT_EQ(lines[1], ended());
}

TEST_F(logs, the_default_logger_is_replaced_only_when_asked) {
  const auto before = spdlog::default_logger();
  auto s = to_file(log_format::text);
  const auto quiet = make_logger(s);
  EXPECT_EQ(spdlog::default_logger(), before);
  EXPECT_EQ(spdlog::get("troupe"), nullptr);
  s.make_default = true;
  s.file = (dir / "default.log").string();
  const auto loud = make_logger(s);
  EXPECT_EQ(spdlog::default_logger(), loud);
  spdlog::warn("from anywhere");
  spdlog::set_default_logger(before);
  spdlog::drop("troupe");
  EXPECT_EQ(written().size(), 1u);
}

TEST_F(logs, levels_are_kept) {
  auto s = to_file(log_format::text);
  s.level = log_level::error;
  event_log log{make_logger(s), book};
  EXPECT_FALSE(log.wants(log_level::warning));
  EXPECT_TRUE(log.wants(log_level::critical));
  log.write(ended());
  EXPECT_THAT(written(), IsEmpty());
  event_log only_book{nullptr, book};
  only_book.write(ended());
  EXPECT_EQ(written().size(), 1u);
  event_log nowhere{nullptr, nullptr};
  EXPECT_FALSE(nowhere.wants(log_level::critical));
  nowhere.write(ended());
  for (auto word : enum_names<log_level>::value)
    EXPECT_EQ(to_string(level_of(spdlog_level(*parse_log_level(word)))), word);
  EXPECT_EQ(parse_log_level("warn"), log_level::warning);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
}

TEST_F(logs, broken_text_breaks_nothing) {
  const auto out = make_logger(to_file(log_format::json_lines));
  event_log log{out, book};
  auto entry = ended();
  entry.message = "\xFF\xFE";
  entry.fields = {{"x", "\xC3\x28"}};
  log.write(entry);
  out->flush();
  EXPECT_FALSE(json::parse(shown(), nullptr, false).is_discarded());
  EXPECT_EQ(written().size(), 1u);
}

TEST_F(logs, a_file_that_cannot_be_opened_is_a_clear_error) {
  log_settings s;
  s.file = "/proc/none/x.log";
  try {
    static_cast<void>(make_logger(s));
    FAIL() << "nothing was thrown";
  } catch (const log_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("/proc/none/x.log"));
  }
}

} // namespace
} // namespace troupe
