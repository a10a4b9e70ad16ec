#pragma once

#include "nodes/cli/shell.hpp"

namespace troupe::cli {

// One function per verb, or per small group of them; each adds what it stands for to the program.

void add_dev(CLI::App& to, shell& s); ///< dev, node
void add_submit(CLI::App& to, shell& s);
void add_tasks(CLI::App& to, shell& s); ///< tasks, task, cancel
void add_trace(CLI::App& to, shell& s);
void add_explain(CLI::App& to, shell& s);
void add_fleet(CLI::App& to, shell& s); ///< tree, nodes, domains, and:
void add_agents(CLI::App& to, shell& s);
void add_arms(CLI::App& to, shell& s);
void add_nodes(CLI::App& to, shell& s);   ///< drain, undrain
void add_regions(CLI::App& to, shell& s); ///< regions, regions return
void add_limits(CLI::App& to, shell& s);  ///< limits
void add_reload(CLI::App& to, shell& s);
void add_sessions(CLI::App& to, shell& s);
void add_human(CLI::App& to, shell& s);
void add_logs(CLI::App& to, shell& s);
void add_audit(CLI::App& to, shell& s); ///< list, verify
void add_keys(CLI::App& to, shell& s);  ///< create, list, revoke
void add_effects(CLI::App& to, shell& s);
void add_cost(CLI::App& to, shell& s);
void add_validate(CLI::App& to, shell& s);
void add_knowledge(CLI::App& to, shell& s); ///< ingest, knowledge search
void add_init(CLI::App& to, shell& s);
void add_mcp(CLI::App& to, shell& s);    ///< tools, call, resources, read, prompts, prompt
void add_models(CLI::App& to, shell& s); ///< train, classify, decompose
void add_screen(CLI::App& to, shell& s);
void add_replay(CLI::App& to, shell& s);
void add_sim(CLI::App& to, shell& s);
void add_sim_llm(CLI::App& to, shell& s);
void add_certs(CLI::App& to, shell& s); ///< init, node, show
void add_chaos(CLI::App& to, shell& s);
void add_recorder(CLI::App& to, shell& s);
void add_completion(CLI::App& to, shell& s);
void add_version(CLI::App& to, shell& s);

} // namespace troupe::cli
