#include "src/models/vector_server.hpp"

#include <gtest/gtest.h>

namespace {

using namespace troupe;

class scripted final : public tools::http_port {
 public:
  std::uint64_t send(tools::http_request what, done_fn done) override {
    asked = std::move(what);
    done(answer);
    return 1;
  }
  void cancel(std::uint64_t) override {}
  tools::http_request asked;
  tools::http_response answer;
};

struct vector_server : ::testing::Test {
  std::shared_ptr<scripted> http = std::make_shared<scripted>();

  std::vector<text::sentence_vector> ask(const std::string& body, int status = 200) {
    http->answer.status = status;
    http->answer.body = body;
    provider_spec p;
    p.name = "main";
    p.url = "http://vectors.test/v1/";
    p.key = "sk-secret";
    std::vector<text::sentence_vector> out{{-1}};
    models::make_vector_server(http, p, "small-3")
        ->of({"one", "two"}, std::chrono::milliseconds{700}, [&](auto x) { out = std::move(x); });
    return out;
  }
};

TEST_F(vector_server, asks_as_openai_is_asked_and_puts_the_answer_in_order) {
  const auto got = ask(R"({"data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,4]}]})");
  ASSERT_EQ(got.size(), 2u);
  EXPECT_NEAR(got[0][0], 0.6, 1e-6);
  EXPECT_NEAR(got[1][1], 1, 1e-6);
  EXPECT_EQ(http->asked.url, "http://vectors.test/v1/embeddings");
  EXPECT_EQ(http->asked.deadline, std::chrono::milliseconds{700});
  const auto body = json::parse(http->asked.body);
  EXPECT_EQ(body["model"], "small-3");
  EXPECT_EQ(body["input"], json::array({"one", "two"}));
  EXPECT_EQ(http->asked.headers[1].second, "Bearer sk-secret");
}

TEST_F(vector_server, takes_no_answer_that_is_not_what_was_asked_for) {
  for (const auto* body :
       {"", "no json", "[]", "{}", R"({"data":{}})", R"({"data":[]})",
        R"({"data":[{"embedding":[1]}]})", R"({"data":[{"embedding":[1]},{"embedding":[1,2]}]})",
        R"({"data":[{"embedding":[1]},{"embedding":["x"]}]})",
        R"({"data":[{"embedding":[1]},{"embedding":[0]}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]})"})
    EXPECT_TRUE(ask(body).empty()) << body;
  EXPECT_TRUE(ask(R"({"data":[{"embedding":[1]},{"embedding":[1]}]})", 500).empty());
}

} // namespace
