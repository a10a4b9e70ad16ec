#pragma once

#include "src/config/draft.hpp"
#include "src/config/report.hpp"

// What must hold between the parts of a fleet. Each check names the place of the value that a
// person has to change. A check that hangs on another file is made only when that file is sound:
// one slip should give one error.
namespace troupe::config {

/// All of the checks below, then the warnings if there are no errors.
void check_fleet(const fleet_draft& fleet, report& problems);

void check_domain(const fleet_draft& fleet, const domain_draft& domain, report& problems);
void check_intents(const fleet_draft& fleet, const domain_draft& domain, report& problems);
void check_agent(const fleet_draft& fleet, const domain_draft& domain, const agent_draft& agent,
                 report& problems);
void check_plan(const fleet_draft& fleet, const domain_draft& domain, const plan_draft& plan,
                report& problems);

/// The failure table, the breakers and the stages of overload of a domain.
void check_failures(const fleet_draft& fleet, const domain_draft& domain, report& problems);
/// That the stage at which an agent is shed is one of its domain's.
void check_shedding(const domain_draft& domain, const yaml_node& root, const agent_spec& agent,
                    report& problems);
/// That all domains agree on the breaker of a provider.
void check_providers(const fleet_draft& fleet, report& problems);
inline constexpr std::size_t overload_stages_max = 8;
/// That the domain's sanitizing rules have names of their own and patterns that can be used.
void check_sanitize_rules(const domain_draft& domain, report& problems);
/// That the rules which an agent names exist.
void check_sanitize_names(const domain_draft& domain, const agent_draft& agent, report& problems);
/// That what is said of facts is said of facts.
void check_facts(const domain_draft& domain, report& problems);

/// What is said of regions: that those named are there, and that the shards of all have room.
void check_regions(const fleet_draft& fleet, report& problems);
/// That what counts when nobody answers in time is an answer which an agent that stands for people
/// may give.
void check_silence(const fleet_draft& fleet, const agent_draft& agent, report& problems);
/// That an agent's bounds are in order and its regions are the fleet's.
void check_placement(const fleet_draft& fleet, const agent_draft& agent, report& problems);

/// That models have providers, and that keys come from where secrets are.
void check_models(const fleet_draft& fleet, report& problems);
/// That the answers which agents want of a model fit into what it and its provider allow in a
/// minute.
void check_token_limits(const fleet_draft& fleet, report& problems);
/// That the model named at `at` is one of the fleet's.
void check_model_name(const fleet_draft& fleet, const yaml_node& at, report& problems);

/// That the limits of the fleet and of domains can be kept.
void check_budgets(const fleet_draft& fleet, report& problems);

/// That the models of an agent exist, and that it says what its tools do.
void check_llm(const fleet_draft& fleet, const agent_draft& agent, report& problems);
/// That an agent's collections are its domain's, and that its answers may be kept.
void check_knowledge(const fleet_draft& fleet, const domain_draft& domain, const agent_draft& agent,
                     report& problems);
/// That the provider of sentence vectors is one.
void check_vectors(const fleet_draft& fleet, report& problems);
void warn_about_llm(const fleet_draft& fleet, const agent_draft& agent, report& problems);

/// That no agent falls back to itself, over others or directly.
void check_fallback_cycles(const domain_draft& domain, report& problems);

/// That no domain delegates a skill to itself, over others or directly. A delegation without a
/// skill stands for every intent and the fixed plan of the domain.
void check_delegation_cycles(const fleet_draft& fleet, report& problems);

/// That what a domain says of its boundary exists, and that no plan or intent of another domain
/// delegates to it what it does not take.
void check_boundaries(const fleet_draft& fleet, report& problems);

/// What is allowed but probably not meant.
void warn_about(const fleet_draft& fleet, report& problems);
void warn_about_effects(const fleet_draft& fleet, report& problems);

/// That `skill`, named at `at`, is one of `domain`'s: of its agents, or with `composite` also of
/// its plans.
void check_skill(const domain_draft& domain, const yaml_node& at, std::string_view skill,
                 bool composite, report& problems);
void check_queue(const fleet_draft& fleet, const yaml_node& at, std::string_view queue,
                 report& problems);
/// The domain at `path`; null when there is none, which is reported at `at`.
const domain_draft* check_domain_path(const fleet_draft& fleet, const yaml_node& at,
                                      std::string_view path, report& problems);
/// That a domain which is asked without a skill can find out what is wanted.
void check_finds_out(const domain_draft& target, const yaml_node& at, report& problems);
/// That the targets of the list `fallback` exist in `domain`. `owner` is the agent that falls back,
/// if it is one.
void check_fallback(const fleet_draft& fleet, const domain_draft& domain, const yaml_node* fallback,
                    std::string_view owner, report& problems);

} // namespace troupe::config
