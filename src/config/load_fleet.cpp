#include "src/config/load_fleet.hpp"

#include "src/config/agent_schema.hpp"
#include "src/config/check_shape.hpp"
#include "src/config/checks.hpp"
#include "src/config/draft.hpp"
#include "src/config/examples.hpp"
#include "src/config/find_files.hpp"
#include "src/config/interpolate.hpp"
#include "src/config/knowledge_files.hpp"
#include "src/config/read_specs.hpp"
#include "src/config/read_text.hpp"
#include "src/config/section.hpp"

#include <algorithm>
#include <system_error>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

class loader {
 public:
  loader(const fs::path& dir, const environment& variables, const fs::path& home)
      : variables_(variables)
      , home_(home) {
    draft_.dir = dir;
  }

  loaded run() {
    std::error_code failed;
    if (!fs::is_directory(draft_.dir, failed)) {
      problems_.error({"fleet.yaml", 0, 0, {}, "there is no such folder: " + draft_.dir.string()});
      return finish();
    }
    draft_.from = read("fleet.yaml", fleet_keys());
    if (draft_.from.root)
      read_fleet(*draft_.from.root, draft_.spec);
    const auto found = find_domains(draft_.dir, problems_);
    for (const auto& files : found)
      read_domain_files(files);
    check_fleet(draft_, problems_);
    return finish();
  }

 private:
  // A domain's file is what agents are told. Of an agent's file only the settings of its kind go to
  // a program or a service that the secret is meant for.
  static bool may_be_secret(const yaml_node& node, const record& keys) {
    if (&keys == &fleet_keys())
      return true;
    if (&keys != &agent_keys())
      return false;
    const auto path = node.path();
    return path.starts_with("http.") || path.starts_with("subprocess.") ||
           path.starts_with("native.options") || path.starts_with("a2a.headers") ||
           is_for_a_tool(path);
  }

  // `llm.tools.NAME.http.headers.x`: for the tool's program or service alone.
  static bool is_for_a_tool(const std::string& path) {
    if (!path.starts_with("llm.tools."))
      return false;
    const auto after = path.find('.', std::string_view{"llm.tools."}.size());
    const auto rest = after == path.npos ? std::string{} : path.substr(after + 1);
    return rest.starts_with("http.") || rest.starts_with("subprocess.") ||
           rest.starts_with("native.options");
  }

  // Reads one file as far as it can be checked by itself.
  source read(const std::string& file, const record& keys) {
    source out;
    out.file = file;
    files_.push_back(file);
    const auto before = problems_.errors();
    auto text = read_text(draft_.dir / file);
    if (!text.text) {
      problems_.error({file, text.line, text.column, {}, text.error});
      return out;
    }
    std::vector<diagnostic> syntax;
    out.root = parse_yaml(*text.text, file, syntax);
    for (auto& d : syntax)
      problems_.error(std::move(d));
    if (!out.root)
      return out;
    fill_in(*out.root, {variables_, home_, problems_, secrets_,
                        [&keys](const yaml_node& node) { return may_be_secret(node, keys); }});
    check_file(*out.root, keys, problems_);
    out.sound = problems_.errors() == before;
    return out;
  }

  // An agent that is a tool of a server does what fleet.yaml says of the tool, unless its own file
  // says something else.
  void take_effects_of_tool(agent_draft& agent) const {
    const section top{agent.from.root.get()};
    if (agent.spec.card.kind != agent_kind::mcp || top.find("effects"))
      return;
    std::string server;
    std::string tool;
    top.in("mcp").get("server", server);
    top.in("mcp").get("tool", tool);
    for (const auto& x : draft_.spec.mcp_servers)
      if (x.name == server) {
        const auto own = x.each.find(tool);
        agent.spec.card.does = own == x.each.end() ? x.does : own->second;
      }
  }

  void read_domain_files(const domain_files& files) {
    auto& domain = draft_.domains[files.path];
    domain.spec.path = files.path;
    domain.from = read(files.file, domain_keys());
    if (domain.from.root)
      read_domain(*domain.from.root, domain);
    for (const auto& file : files.agents) {
      auto& agent = domain.agents.emplace_back();
      agent.spec.card.name = file.name;
      agent.spec.card.domain = files.path;
      agent.from = read(file.file, agent_keys());
      if (agent.from.root) {
        read_agent(*agent.from.root, files.path, agent.spec);
        take_effects_of_tool(agent);
        const auto before = problems_.errors();
        read_schemas(*agent.from.root, draft_.dir, fs::path{file.file}.parent_path(), agent.spec,
                     problems_);
        read_llm(*agent.from.root, draft_.dir, files.path, agent.spec, files_, problems_);
        agent.from.sound = agent.from.sound && problems_.errors() == before;
      }
    }
    complete_breakers(domain);
    const auto before = problems_.errors();
    read_documents(draft_.dir, draft_, domain, files_, problems_);
    domain.from.sound = domain.from.sound && problems_.errors() == before;
    read_examples(draft_.dir, domain, files_, problems_);
  }

  // Moves the domain at `path` and what is under it into the form that others see.
  domain_spec assemble(const std::string& path) {
    auto& draft = draft_.domains.find(path)->second;
    auto out = std::move(draft.spec);
    out.path = path;
    if (draft.fixed.site.node)
      out.fixed_plan = std::move(draft.fixed.tree);
    for (auto& [skill, plan] : draft.plans)
      out.plans.emplace(skill, std::move(plan.tree));
    for (auto& agent : draft.agents)
      out.agents.push_back(std::move(agent.spec));
    out.domains = assemble_under(path + '/');
    return out;
  }

  std::vector<domain_spec> assemble_under(const std::string& prefix) {
    std::vector<domain_spec> out;
    for (auto i = draft_.domains.lower_bound(prefix);
         i != draft_.domains.end() && i->first.starts_with(prefix); ++i)
      if (i->first.find('/', prefix.size()) == std::string::npos)
        out.push_back(assemble(i->first));
    return out;
  }

  loaded finish() {
    loaded out;
    std::sort(files_.begin(), files_.end());
    out.files = std::move(files_);
    out.warnings = problems_.take_warnings();
    out.secrets = secrets_.take();
    out.secret_files = secrets_.take_files();
    if (problems_.errors() == 0) {
      out.fleet = std::move(draft_.spec);
      out.fleet->dir = draft_.dir.string();
      out.fleet->data_dir = (home_ / out.fleet->data_dir).string();
      out.fleet->domains = assemble_under("");
    }
    out.errors = problems_.take_errors();
    return out;
  }

  const environment& variables_;
  const fs::path home_;
  report problems_;
  secret_values secrets_;
  fleet_draft draft_;
  std::vector<std::string> files_;
};

} // namespace

loaded load_fleet(const fs::path& dir, const environment& variables) {
  return loader{dir, variables, dir}.run();
}

loaded load_fleet(const fs::path& dir, const environment& variables, const fs::path& home) {
  return loader{dir, variables, home}.run();
}

} // namespace troupe::config
