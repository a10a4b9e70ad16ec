#include "nodes/cli/cluster_choice.hpp"
#include "nodes/cli/exit_code.hpp"
#include "src/links/certificates.hpp"
#include "tests/nodes/cli_kit.hpp"

#include <gmock/gmock.h>

#include <iterator>

#include <sys/stat.h>

namespace cli_certs_cases {

using namespace troupe::test;
using testing::AllOf;
using testing::HasSubstr;
using troupe::json;

std::string text_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(cli_certs, from_the_authority_to_a_nodes_certificate) {
  const scratch here;
  const auto ca = run_troupe({"certs", "init", "--out", here.path("ca")});
  ASSERT_EQ(ca.code, 0) << ca.err;
  EXPECT_THAT(ca.out, AllOf(HasSubstr(here.path("ca/ca.pem")), HasSubstr(here.path("ca/ca.key"))));
  const auto node = run_troupe(
      {"certs", "node", "n1", "--ca", here.path("ca"), "--out", here.path("n1"), "--days", "90"});
  ASSERT_EQ(node.code, 0) << node.err;
  EXPECT_THAT(node.out, HasSubstr("bring these three files to node n1"));
  // No key is ever shown.
  for (const auto* r : {&ca, &node})
    EXPECT_EQ((r->out + r->err).find("PRIVATE"), std::string::npos);
  const auto shown = run_troupe({"certs", "show", here.path("n1/n1.pem"), "-o", "json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  const auto facts = shown.document();
  EXPECT_EQ(facts.at("nodes"), json::array({"n1"}));
  EXPECT_EQ(facts.at("authority"), false);
  EXPECT_EQ(facts.at("expired"), false);
  EXPECT_EQ(facts.at("days_left"), 89);
  const auto signer =
      run_troupe({"certs", "show", here.path("n1/ca.pem"), "-o", "json"}).document();
  EXPECT_EQ(signer.at("authority"), true);
  EXPECT_EQ(signer.at("subject"), facts.at("issuer"));
  // What another program says of the two.
  child verified{{"openssl", "verify", "-CAfile", here.path("n1/ca.pem"), "-purpose", "sslserver",
                  here.path("n1/n1.pem")}};
  EXPECT_EQ(verified.wait(), 0) << verified.err();
}

TEST(cli_certs, keys_are_readable_by_their_owner_only) {
  const scratch here;
  ASSERT_EQ(run_troupe({"certs", "init", "--out", here.path()}).code, 0);
  ASSERT_EQ(run_troupe({"certs", "node", "n1", "--ca", here.path(), "--out", here.path()}).code, 0);
  for (const auto* key : {"ca.key", "n1.key"}) {
    struct stat s {};
    ASSERT_EQ(::stat(here.path(key).c_str(), &s), 0) << key;
    EXPECT_EQ(s.st_mode & 0777, 0600u) << key;
  }
}

TEST(cli_certs, write_over_nothing) {
  const scratch here;
  ASSERT_EQ(run_troupe({"certs", "init", "--out", here.path()}).code, 0);
  const auto key = text_of(here.path("ca.key"));
  const auto again = run_troupe({"certs", "init", "--out", here.path()});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("ca.pem is already there"));
  EXPECT_EQ(text_of(here.path("ca.key")), key);
}

TEST(cli_certs, a_certificate_that_ends_soon_says_so) {
  const scratch here;
  ASSERT_EQ(run_troupe({"certs", "init", "--out", here.path()}).code, 0);
  ASSERT_EQ(
      run_troupe({"certs", "node", "n1", "--ca", here.path(), "--out", here.path(), "--days", "20"})
          .code,
      0);
  EXPECT_THAT(run_troupe({"certs", "show", here.path("n1.pem")}).out,
              HasSubstr("in 19 days: make a new one"));
}

TEST(cli_certs, mistakes_are_told) {
  const scratch here;
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"certs"},
           {"certs", "init"},
           {"certs", "node", "n1"},
           {"certs", "show"},
           {"certs", "init", "--out", here.path("x"), "--days", "0"},
           {"certs", "init", "--out", here.path("x"), "--days", "99999"},
       }) {
    const auto r = run_troupe(words);
    EXPECT_EQ(r.code, 2) << testing::PrintToString(words) << r.err;
    EXPECT_EQ(r.out, "");
  }
  EXPECT_FALSE(std::filesystem::exists(here.path("x")));
  for (const auto& [words, why] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"certs", "node", "n1", "--ca", here.path("x"), "--out", here.path("y")},
            "ca.pem: No such file"},
           {{"certs", "node", "../n1", "--ca", here.path("x"), "--out", here.path("y")},
            "a node's id is"},
           {{"certs", "show", "/dev/null"}, "no certificate"},
       }) {
    const auto r = run_troupe(words);
    EXPECT_EQ(r.code, 1) << why;
    EXPECT_THAT(r.err, HasSubstr(why));
  }
}

/// n1, with a certificate of its own in `here`.
troupe::cli::cluster_settings node_with_certificate(const scratch& here) {
  EXPECT_EQ(run_troupe({"certs", "init", "--out", here.path("ca")}).code, 0);
  EXPECT_EQ(
      run_troupe({"certs", "node", "n1", "--ca", here.path("ca"), "--out", here.path("n1")}).code,
      0);
  troupe::cli::cluster_settings own;
  own.id = "n1";
  own.listen = "127.0.0.1:17471";
  own.certificates = here.path("n1");
  return own;
}

// It is looked at before the store is asked for anything: nobody becomes a member in vain.
TEST(cli_certs, a_node_that_no_peer_would_accept_does_not_try_to_join) {
  const scratch here;
  auto own = node_with_certificate(here);
  const auto why = [&] {
    try {
      (void)troupe::cli::join_cluster(own, troupe::postgres_settings{}, {}, nullptr);
    } catch (const troupe::cli::cli_error& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  EXPECT_EQ(why(), "");
  { std::ofstream{here.path("n1/n1.pem")} << "no certificate"; }
  EXPECT_THAT(why(), AllOf(HasSubstr("this node cannot join"), HasSubstr("n1.pem")));
  own.id = "n2";
  EXPECT_THAT(why(), AllOf(HasSubstr("this node cannot join"), HasSubstr("n2.pem")));
}

TEST(cli_certs, a_node_knows_when_the_one_that_it_uses_ends) {
  const scratch here;
  auto own = node_with_certificate(here);
  const auto with = troupe::cli::join_cluster(own, troupe::postgres_settings{}, {}, nullptr);
  ASSERT_TRUE(with.certificate_ends);
  EXPECT_EQ(with.certificate_ends(), troupe::links::read_certificate(here.path("n1/n1.pem")).ends);
  own.plaintext = true;
  EXPECT_FALSE(
      troupe::cli::join_cluster(own, troupe::postgres_settings{}, {}, nullptr).certificate_ends);
}

} // namespace cli_certs_cases
