#include "tests/src/config/fleet_folder.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace environment_cases {

using test::fleet_folder;
using test::lines;

fleet_folder& with_http(fleet_folder& f, std::string_view url, std::string_view header) {
  test::write_small(f);
  return f.write(
      "support/agents/billing.yaml",
      "agent: billing\nkind: http\nskills: [bill, refund]\nhttp:\n  url: " + std::string{url} +
          "\n  headers: {Authorization: \"" + std::string{header} + "\"}\n");
}

json headers_of(const loaded& l) {
  return l.fleet->domains.at(1).agents.at(0).settings.at("headers");
}

TEST(environment, is_filled_into_any_scalar) {
  fleet_folder f;
  with_http(f, "http://${env:HOST:-localhost}:${env:PORT}/x", "Bearer ${env:TOKEN:-none}")
      .write("fleet.yaml", std::string{test::small_fleet} +
                               "shards: ${env:SHARDS}\ndoor: {port: '${env:PORT}'}\n");
  const auto got = f.load({{"PORT", "81"}, {"TOKEN", "t${env:PORT}"}, {"SHARDS", "3"}});
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(got.fleet->shards, 3u);
  EXPECT_EQ(got.fleet->door.port, 81);
  EXPECT_EQ(got.fleet->domains.at(1).agents.at(0).settings.at("url"), "http://localhost:81/x");
  EXPECT_EQ(headers_of(got), (json{{"Authorization", "Bearer t${env:PORT}"}}))
      << "values are not read again";
}

// Programs take their variables and arguments as text; whether a variable looks like a number must
// not matter.
TEST(environment, keeps_text_text_whatever_it_looks_like) {
  fleet_folder f;
  test::write_small(f);
  f.write("support/agents/general.yaml",
          "agent: general\nkind: subprocess\nskills: [talk]\nsubprocess:\n"
          "  command: [run, '${env:N}']\n  environment:\n    PORT: ${env:N}\n"
          "  output_max: ${env:N}\n");
  const auto got = f.load({{"N", "2048"}});
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(
      got.fleet->domains.at(1).agents.at(1).settings,
      json::parse(R"({"command": ["run", "2048"], "environment": {"PORT": "2048"}, "mode": "worker",
                            "output_max": 2048})"));
}

TEST(environment, leaves_other_templates_alone) {
  fleet_folder f;
  with_http(f, "http://h/x", "${input.x} $ {env:A} ${env");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(headers_of(got).at("Authorization"), "${input.x} $ {env:A} ${env");
}

TEST(environment, a_missing_variable_is_one_error) {
  fleet_folder f;
  with_http(f, "${env:URL}", "x");
  EXPECT_EQ(lines(f.load().errors),
            "support/agents/billing.yaml:5:3: http.url: the variable URL is not set, and there "
            "is no default (${env:URL:-...})\n");
}

TEST(environment, wrong_forms_are_errors) {
  fleet_folder f;
  with_http(f, "http://${env:HO ST}", "${env:OPEN");
  EXPECT_EQ(
      lines(f.load().errors),
      "support/agents/billing.yaml:5:3: http.url: \"HO ST\" is not the name of a variable\n"
      "support/agents/billing.yaml:6:13: http.headers.Authorization: ${env: without a closing }\n");
}

TEST(environment, bytes_that_are_not_text_are_refused) {
  fleet_folder f;
  with_http(f, "http://h/", "${env:TOKEN}");
  EXPECT_EQ(lines(f.load({{"TOKEN", "\xff\xfe"}}).errors),
            "support/agents/billing.yaml:6:13: http.headers.Authorization: the value of the "
            "variable TOKEN is not UTF-8 "
            "text of at most 64 KiB\n");
}

// Puts the secret wherever a message could repeat it, and looks for it in everything that is
// reported.
TEST(environment, values_are_never_shown) {
  const std::string secret = "s3cr3t-value";
  const std::string s = "'${env:SECRET}'";
  const std::vector<std::pair<std::string, std::string>> places = {
      {"fleet.yaml", "fleet: shop\nentry: " + s + "\nshards: " + s + "\nlog: {level: " + s +
                         ", keep: " + s + "}\n"},
      {"fleet.yaml", "fleet: shop\nentry: support\nservices: [{name: " + s +
                         ", command: [x]}, {name: " + s + ", command: [" + s + "]}]\n"},
      {"support/domain.yaml", "domain: " + s + "\ntimeout: " + s + "\ndurability: " + s + "\n"},
      {"support/domain.yaml",
       "domain: support\nunderstand: {agent: " + s + ", unclear: " + s +
           ", intents: {a: {skill: " + s + ", after: [" + s +
           "], fallback: ['agent:${env:SECRET}', 'human:${env:SECRET}', 'skill:" +
           "${env:SECRET}']}, b: {domain: " + s + "}}}\n"},
      {"support/domain.yaml", "domain: support\nplan: {sequence: [{call: {name: " + s +
                                  ", skill: " + s + "}}, {call: {name: " + s + ", agent: " + s +
                                  "}}, {gate: {pointer: '/${env:SECRET}', exists: true}}]}\n"},
      {"support/domain.yaml",
       "domain: support\nplans: {s3cr3t-value: {domain: {domain: support, skill: " + s + "}}}\n"},
      {"support/agents/general.yaml",
       "agent: " + s + "\nskills: [" + s + ", " + s + "]\nreads: [" + s +
           "]\nfallback: ['agent:${env:SECRET}']\nnative: {function: f}\n"},
      {"support/agents/general.yaml",
       "agent: general\nkind: human\nskills: [a]\nhuman: {queue: " + s + "}\n"},
  };
  for (const auto& [file, text] : places) {
    fleet_folder f;
    test::write_small(f);
    f.write(file, text);
    const auto got = f.load({{"SECRET", secret}});
    EXPECT_FALSE(got.ok());
    for (const auto& d : got.errors)
      EXPECT_EQ(d.message.find(secret), std::string::npos) << to_string(d);
  }
}

// The correction of a slip must not tell a skill whose name is a secret.
TEST(environment, values_are_never_suggested) {
  fleet_folder f;
  test::write_small(f);
  f.write("support/agents/general.yaml",
          "agent: general\nskills: ['${env:SECRET}']\nnative: {function: f}\n")
      .write("support/domain.yaml",
             "domain: support\ncontext: {tier: string}\nplan: {call: {skill: hushhush}}\n");
  const auto got = lines(f.load({{"SECRET", "hushhusk"}}).errors);
  EXPECT_NE(got, "");
  EXPECT_EQ(got.find("hushhusk"), std::string::npos) << got;
}

} // namespace environment_cases
} // namespace troupe::config
