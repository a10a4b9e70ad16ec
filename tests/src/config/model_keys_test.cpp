// Language models: what fleet.yaml says of them, and what is refused.
#include "tests/src/config/bad_case.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::config {
namespace model_keys_cases {

using test::fleet_folder;
using test::lines;
using namespace std::chrono_literals;

const std::string small{test::small_fleet};

TEST(model_keys, take_every_value) {
  fleet_folder f;
  test::write_small(f);
  f.write("fleet.yaml", small + R"(providers:
  main:
    api: anthropic
    url: "http://127.0.0.1:8/v1"
    key: ${secret:MODELS}
    headers: {x-team: support}
    connect_timeout: 1s
    first_byte_timeout: 3s
    timeout: 9s
    breaker: {failures: 3}
    limits: {requests_per_minute: 600, tokens_per_minute: 200000, concurrent: 64}
    queue_limit: 50
    tiers: {gold: 3, free: 0.5}
models:
  small: {provider: main, model: tiny-1, context: 8000, max_output: 900, input_price: 0.5, output_price: 2,
          cached_input_price: 0.05, cache_write_price: 1,
          extra: {seed: 7}, limits: {requests_per_minute: 60}}
)");
  const auto got = f.load({{"MODELS", "sk-very-secret"}});
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  ASSERT_EQ(got.fleet->providers.size(), 1u);
  const auto& p = got.fleet->providers[0];
  EXPECT_EQ(p.name, "main");
  EXPECT_EQ(p.api, model_api::anthropic);
  EXPECT_EQ(p.url, "http://127.0.0.1:8/v1");
  EXPECT_EQ(p.key, "sk-very-secret");
  EXPECT_EQ(p.headers.at("x-team"), "support");
  EXPECT_EQ(p.connect_timeout, 1s);
  EXPECT_EQ(p.first_byte_timeout, 3s);
  EXPECT_EQ(p.timeout, 9s);
  EXPECT_EQ(p.breaker.failures, 3u);
  EXPECT_EQ(p.breaker.min_calls, breaker_spec{}.min_calls);
  EXPECT_EQ(p.limits, (model_limits{600, 200000, 64}));
  EXPECT_EQ(p.queue_limit, 50u);
  EXPECT_EQ(p.tiers, (std::map<std::string, double>{{"free", 0.5}, {"gold", 3}}));
  ASSERT_EQ(got.fleet->models.size(), 1u);
  EXPECT_EQ(got.fleet->models[0].limits, (model_limits{60, 0, 0}));
  const auto& m = got.fleet->models[0];
  EXPECT_EQ(m.name, "small");
  EXPECT_EQ(m.provider, "main");
  EXPECT_EQ(m.model, "tiny-1");
  EXPECT_EQ(m.context_tokens, 8000u);
  EXPECT_EQ(m.max_output, 900u);
  EXPECT_EQ(m.extra["seed"], 7);
  EXPECT_EQ(m.cost_micros({1000, 100}), 700u);
  EXPECT_EQ(m.cost_micros({1000, 100, 0, 0, 600, 300}), 50u + 30 + 300 + 200);
  EXPECT_EQ(m.cost_micros({1000, 0, 0, 0, 5000, 5000}), 50u) << "no more than was read";
  model_spec plain;
  plain.input_price = 0.5;
  EXPECT_EQ(plain.cost_micros({1000, 0, 0, 0, 600, 300}), 500u) << "as other input";
  // Whoever logs what the fleet says must know what to mask.
  EXPECT_NE(std::find(got.secrets.begin(), got.secrets.end(), "sk-very-secret"), got.secrets.end());
}

class bad_model_keys : public testing::TestWithParam<test::bad_case> {};

TEST_P(bad_model_keys, are_refused) {
  test::expect_refusal(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    all, bad_model_keys,
    testing::Values(
        test::bad_case{
            "no_provider",
            "fleet.yaml",
            small +
                "providers: {main: {url: 'http://h'}}\nmodels:\n  m: {provider: mian, model: x}\n",
            {"fleet.yaml:7:7: models.m.provider: there is no provider \"mian\"; did you mean "
             "\"main\"?"}},
        test::bad_case{"plain_key",
                       "fleet.yaml",
                       small + "providers:\n  main: {url: 'http://h', key: sk-1}\n",
                       {"fleet.yaml:6:27: providers.main.key: must be ${secret:NAME} or "
                        "${file:PATH}: keys do not "
                        "stand in files that others read"}},
        test::bad_case{"no_url",
                       "fleet.yaml",
                       small + "providers:\n  main: {api: openai}\n",
                       {"fleet.yaml:6:3: providers.main.url: is missing"}},
        test::bad_case{"limit_of_none",
                       "fleet.yaml",
                       small +
                           "providers:\n  main: {url: 'http://h', limits: {requests_per_minute: "
                           "0}}\n",
                       {"fleet.yaml:6:36: providers.main.limits.requests_per_minute: must be a "
                        "whole number from 1 to 1000000000, not \"0\""}},
        test::bad_case{"one_key_twice",
                       "fleet.yaml",
                       small + "providers:\n  main: {url: 'http://h', limits: {concurrent: 1}}\n"
                               "  other: {url: 'http://h'}\n",
                       {"fleet.yaml:7:3: providers.other: has the url and the key of provider "
                        "\"main\", and limits hold for a key: make them one"}},
        test::bad_case{"one_model_twice",
                       "fleet.yaml",
                       small + "providers:\n  main: {url: 'http://h'}\nmodels:\n"
                               "  a: {provider: main, model: x, limits: {concurrent: 1}}\n"
                               "  b: {provider: main, model: x, limits: {concurrent: 1}}\n",
                       {"fleet.yaml:9:33: models.b.limits: model \"a\" is the same one and has the "
                        "limits already"}},
        test::bad_case{"too_few_tokens",
                       "fleet.yaml",
                       small +
                           "providers:\n  main: {url: 'http://h'}\nmodels:\n"
                           "  a: {provider: main, model: x, limits: {tokens_per_minute: 4000}}\n",
                       {"fleet.yaml:8:42: models.a.limits.tokens_per_minute: is less than the 4096 "
                        "tokens of `max_output` of model \"a\": no request could ever be sent"}},
        test::bad_case{"too_few_tokens_of_a_provider",
                       "fleet.yaml",
                       small + "providers:\n  main: {url: 'http://h', limits: {tokens_per_minute: "
                               "4000}}\nmodels:\n  a: {provider: main, model: x}\n",
                       {"fleet.yaml:6:36: providers.main.limits.tokens_per_minute: is less than "
                        "the 4096 tokens of `max_output` of model \"a\": no request could ever be "
                        "sent"}}),
    [](const auto& i) { return i.param.name; });

const std::string with_model =
    small + "providers: {main: {url: 'http://h'}}\n"
            "models: {small: {provider: main, model: x}, large: {provider: main, model: y}}\n";
const std::string a = "support/agents/general.yaml";

loaded with_agent(const std::string& block, const std::string& more = "effects: idempotent\n",
                  const std::string& fleet = with_model) {
  fleet_folder f;
  test::write_small(f);
  f.write("fleet.yaml", fleet)
      .write("support/prompts/a.md", "You talk.")
      .write("support/prompts/b.md", "You are brief.")
      .write(a, "agent: general\nkind: llm\nskills: [talk]\n" + more + block);
  return f.load();
}

TEST(llm_keys, take_every_value) {
  const auto got = with_agent(R"(llm:
  model: small
  fallback_models: [large]
  prompt: [prompts/a.md, prompts/b.md]
  max_steps: 3
  max_output: 100
  temperature: 0.5
  forward: structured
  forward_from: {quote: full}
  grounded: true
  tools:
    look:
      description: looks
      takes: {type: object, properties: {order: {type: string}}}
      skill: other.skill
      effects: idempotent
      once_per: [order]
      timeout: 3s
      subprocess: {command: [python3, x.py]}
    call: {description: calls, http: {url: 'http://h/x', headers: {authorization: "${secret:TOOL:-none}"}}}
)");
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  for (const auto& d : got.fleet->domains)
    for (const auto& agent : d.agents)
      if (agent.card.name == "general") {
        EXPECT_EQ(agent.card.kind, agent_kind::llm);
        const auto& x = agent.settings;
        EXPECT_EQ(x["model"], "small");
        EXPECT_EQ(x["fallback_models"], (json{"large"}));
        EXPECT_EQ(x["instructions"], "You talk.\n\nYou are brief.");
        EXPECT_EQ(x["max_steps"], 3);
        EXPECT_EQ(x["forward"], "structured");
        EXPECT_EQ(x["forward_from"]["quote"], "full");
        EXPECT_EQ(x["grounded"], true);
        EXPECT_EQ(x["tools"]["look"]["timeout"], 3000);
        EXPECT_EQ(x["tools"]["look"]["takes"]["type"], "object");
        EXPECT_EQ(x["tools"]["look"]["once_per"], (json{"order"}));
        EXPECT_EQ(x["tools"]["call"]["http"]["headers"]["authorization"], "none");
      }
  // Whoever watches the fleet's files has to watch these.
  EXPECT_NE(std::find(got.files.begin(), got.files.end(), "support/prompts/b.md"), got.files.end());
}

TEST(llm_keys, what_cannot_work_is_refused) {
  const auto errors = [](const std::string& block, const std::string& more = "") {
    return lines(with_agent(block, more).errors);
  };
  EXPECT_EQ(errors("llm: {model: smal, prompt: [prompts/a.md]}\n"),
            "support/agents/general.yaml:4:7: llm.model: there is no model \"smal\"; did you mean "
            "\"small\"?\n");
  EXPECT_NE(errors("llm: {model: small, prompt: [prompts/none.md]}\n")
                .find("the prompt \"support/prompts/none.md\""),
            std::string::npos);
  EXPECT_NE(errors("llm: {model: small, prompt: [../../x.md]}\n").find("within the fleet's folder"),
            std::string::npos);
  EXPECT_NE(errors("llm:\n  model: small\n  prompt: [prompts/a.md]\n  tools:\n"
                   "    pay: {description: pays, effects: unsafe, native: {function: f}}\n",
                   "effects: idempotent\n")
                .find("what a tool does, the agent does"),
            std::string::npos);
  EXPECT_NE(errors("llm: {model: small, prompt: [prompts/a.md]}\n", "effects: queryable\n")
                .find("cannot say"),
            std::string::npos);
  EXPECT_NE(errors("llm:\n  model: small\n  prompt: [prompts/a.md]\n  tools:\n"
                   "    x: {description: d, native: {function: f}, http: {url: 'http://h'}}\n")
                .find("only one of"),
            std::string::npos);
  EXPECT_NE(errors("llm:\n  model: small\n  prompt: [prompts/a.md]\n  tools:\n"
                   "    x: {description: d, native: {function: f}, once_per: [order],\n"
                   "        takes: {type: object, properties: {ordre: {type: string}}}}\n")
                .find("has no argument \"order\""),
            std::string::npos);
}

TEST(llm_keys, a_fallback_that_does_not_know_the_keys_of_a_tool_is_warned_of) {
  const auto warns = [](const std::string& tool, const std::string& fallback) {
    const auto got = with_agent("llm:\n  model: small\n  prompt: [prompts/a.md]\n  tools:\n"
                                "    x: {description: d, native: {function: f}, " +
                                    tool + "}\n",
                                "effects: idempotent\nfallback: [" + fallback + "]\n");
    return lines(got.warnings).find("does not find done") != std::string::npos;
  };
  EXPECT_TRUE(warns("effects: idempotent", "'agent:billing'"));
  EXPECT_FALSE(warns("effects: idempotent, once_per: []", "'agent:billing'"));
  EXPECT_FALSE(warns("effects: idempotent", "'human:desk'"));
  EXPECT_FALSE(warns("effects: none", "'agent:billing'"));
}

TEST(llm_keys, what_an_agent_wants_of_a_model_must_fit_into_its_minute) {
  const auto errors = [](const std::string& agent, const std::string& of_provider,
                         const std::string& of_model) {
    return lines(with_agent("llm: {model: small, prompt: [prompts/a.md]" + agent + "}\n", "",
                            small + "providers: {main: {url: 'http://h'" + of_provider +
                                "}}\nmodels: {small: {provider: main, model: x, max_output: 3000" +
                                of_model + "}}\n")
                     .errors);
  };
  const auto limits = [](const char* tokens) {
    return std::string{", limits: {tokens_per_minute: "} + tokens + "}";
  };
  EXPECT_EQ(errors("", limits("3000"), limits("3000")), "");
  // What the agent says counts, not what the model could do.
  EXPECT_EQ(errors(", max_output: 500", "", limits("500")), "");
  EXPECT_EQ(errors(", max_output: 500", limits("500"), limits("2000")), "");
  EXPECT_EQ(errors(", max_output: 501", limits("500"), limits("2000")),
            "support/agents/general.yaml:4:45: llm.max_output: is more than the 500 tokens that "
            "model \"small\" may have in a minute: no request could ever be sent\n");
  EXPECT_EQ(errors(", max_output: 501", limits("2000"), limits("500")),
            "support/agents/general.yaml:4:45: llm.max_output: is more than the 500 tokens that "
            "model \"small\" may have in a minute: no request could ever be sent\n");
  EXPECT_NE(errors("", limits("2000"), limits("2500"))
                .find("providers.main.limits.tokens_per_minute: is less than the 3000"),
            std::string::npos);
  EXPECT_NE(errors("", limits("2500"), limits("2000"))
                .find("models.small.limits.tokens_per_minute: is less than the 3000"),
            std::string::npos);
}

TEST(llm_keys, many_tools_are_warned_of_and_too_many_refused) {
  const auto with_tools = [](int count, const std::string& more = "") {
    std::string block = "llm:\n  model: small\n  prompt: [prompts/a.md]\n" + more + "  tools:\n";
    for (int i = 0; i < count; ++i)
      block += "    t" + std::to_string(i) + ": {description: d, native: {function: f}}\n";
    return with_agent(block);
  };
  const auto warns = [](const loaded& x) {
    return lines(x.warnings).find("mix them up") != std::string::npos;
  };
  EXPECT_FALSE(warns(with_tools(5)));
  EXPECT_TRUE(warns(with_tools(6)));
  EXPECT_FALSE(with_tools(16).ok());
  EXPECT_TRUE(with_tools(16, "  many_tools: true\n").ok());
}

TEST(llm_keys, tools_that_servers_list_count_as_its_own) {
  // Two tools of its own, and servers that list so many.
  const auto with_servers = [](int first, int second, const std::string& more = "",
                               const std::string& servers = "[a, b, whole]") {
    const auto list = [](int count, const std::string& name) {
      std::string out;
      for (int i = 0; i < count; ++i)
        out += (i == 0 ? "" : ", ") + name + std::to_string(i);
      return "[" + out + "]";
    };
    return with_agent(
        "llm:\n  model: small\n  prompt: [prompts/a.md]\n  servers: " + servers + "\n" + more +
            "  tools:\n    x: {description: d, native: {function: f}}\n"
            "    y: {description: d, native: {function: f}}\n",
        "effects: idempotent\n",
        with_model + "mcp:\n  a: {command: [a], effects: none, each: {strong: unsafe}, tools: " +
            list(first, "t") + "}\n  b: {command: [b], effects: idempotent, tools: " +
            list(second, "u") + "}\n  whole: {command: [c]}\n");
  };
  const auto warns = [](const loaded& x) {
    return lines(x.warnings).find("mix them up") != std::string::npos;
  };
  EXPECT_FALSE(warns(with_servers(1, 2)));
  EXPECT_TRUE(warns(with_servers(2, 2)));
  EXPECT_TRUE(with_servers(6, 7).ok());
  const auto refused = with_servers(7, 7);
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(lines(refused.errors).find("llm.servers: bring the agent to 16 tools"),
            std::string::npos)
      << lines(refused.errors);
  EXPECT_TRUE(with_servers(7, 7, "  many_tools: true\n").ok());
  // A server that is named twice brings its tools once, and only servers that are named do.
  EXPECT_TRUE(with_servers(7, 7, "", "[a, a]").ok());
}

TEST(llm_keys, reading_resources_takes_two_tools_of_a_server_that_exists) {
  const auto reading = [](int own, const std::string& server) {
    std::string tools;
    for (int i = 0; i < own; ++i)
      tools += "    t" + std::to_string(i) + ": {description: d, native: {function: f}}\n";
    return with_agent("llm:\n  model: small\n  prompt: [prompts/a.md]\n  resources: [" + server +
                          "]\n  tools:\n" + tools,
                      {}, with_model + "mcp: {docs: {command: [docs]}}\n");
  };
  const auto warns = [](const loaded& x) {
    return lines(x.warnings).find("has 6 tools") != std::string::npos;
  };
  EXPECT_FALSE(warns(reading(3, "docs")));
  EXPECT_TRUE(warns(reading(4, "docs")));
  EXPECT_TRUE(reading(13, "docs").ok());
  EXPECT_FALSE(reading(14, "docs").ok());
  const auto unknown = reading(1, "dox");
  EXPECT_NE(lines(unknown.errors).find("llm.resources[0]: there is no MCP server \"dox\""),
            std::string::npos)
      << lines(unknown.errors);
}

TEST(llm_keys, tools_of_servers_that_do_more_than_the_agent_do_not_count) {
  std::string list;
  for (int i = 0; i < 20; ++i)
    list += "t" + std::to_string(i) + ", ";
  const auto with_effects = [&](const std::string& does) {
    return with_agent("llm: {model: small, prompt: [prompts/a.md], servers: [a]}\n",
                      "effects: idempotent\n",
                      with_model + "mcp: {a: {command: [a], effects: " + does +
                          ", each: {last: none}, tools: [" + list + "last]}}\n")
        .ok();
  };
  EXPECT_TRUE(with_effects("unsafe"));
  EXPECT_FALSE(with_effects("idempotent"));
}

} // namespace model_keys_cases
} // namespace troupe::config
