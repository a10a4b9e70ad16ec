#include "nodes/cli/task_source.hpp"

#include "nodes/cli/diagnostics.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/doors/base64.hpp"
#include "policies/planner.hpp"
#include "src/store/store.hpp"
#include "src/wire/codec.hpp"

#include <filesystem>

namespace troupe::cli {

namespace {

template <class T>
T usable(decoded<T> x, const std::string& id) {
  if (!x)
    throw cli_error{exit_failed, "what is stored of task " + id + " cannot be read: " + x.error};
  return *std::move(x);
}

std::string bytes_of(const json& document, const char* name, const std::string& id) {
  const auto out = from_base64(member(document, name));
  if (!out)
    throw cli_error{exit_failed, "the node's answer about task " + id + " cannot be read"};
  return *out;
}

const domain_spec* domain_at(const std::vector<domain_spec>& in, const std::string& path) {
  for (const auto& d : in) {
    if (d.path == path)
      return &d;
    if (const auto* inner = domain_at(d.domains, path))
      return inner;
  }
  return nullptr;
}

task_record record_of(const stored_task& x) {
  task_record out;
  out.what = std::make_shared<const task>(usable(decode_task(x.task_body), x.id));
  out.state = x.state;
  out.phase = is_final(x.state) ? task_phase::ended : task_phase::monitoring;
  out.updated = x.updated;
  event accepted;
  accepted.at = x.created;
  out.history.push_back(std::move(accepted));
  for (const auto& body : x.events) {
    out.history.push_back(usable(decode_event(body), x.id));
    if (const auto* how = std::get_if<plan_ptr>(&out.history.back().body))
      out.how = *how;
  }
  if (!x.outcome_body.empty())
    out.result = std::make_shared<const outcome>(usable(decode_outcome(x.outcome_body), x.id));
  return out;
}

} // namespace

task_found_again task_from_node(const shell& s, const std::string& id) {
  const auto document = document_of(ask(s, path_builder{"/v1/tasks"}.part(id).part("history")));
  task_found_again out;
  out.record = usable(decode_task_record(bytes_of(document, "record", id)), id);
  if (document.contains("triage_plan"))
    out.triage = std::make_shared<const plan>(
        usable(decode_plan(bytes_of(document, "triage_plan", id)), id));
  return out;
}

task_found_again task_from_folder(const std::string& data_dir, const std::string& id,
                                  const std::string& fleet_dir) {
  const auto file = std::filesystem::path{data_dir} / "journal.db";
  if (!std::filesystem::exists(file))
    throw cli_error{exit_not_found, "there is no journal in " + data_dir};
  std::optional<stored_task> stored;
  try {
    stored = open_sqlite_store(file.string())->task(id);
  } catch (const store_error& e) {
    throw cli_error{exit_failed,
                    std::string{e.what()} + (e.why() == store_error::kind::busy
                                                 ? "; a node runs on it: ask that, without --data"
                                                 : "")};
  }
  if (!stored)
    throw cli_error{exit_not_found, "there is no task " + id + " in " + data_dir};
  task_found_again out{record_of(*stored), nullptr};
  if (fleet_dir.empty())
    return out;
  const auto found = config::load_fleet(fleet_dir);
  if (!found.ok())
    throw cli_error{exit_failed,
                    "the fleet in " + fleet_dir + " cannot be read:\n" + report_text(found)};
  if (const auto* domain = domain_at(found.fleet->domains, stored->domain);
      domain && !domain->understanding.agent.empty())
    out.triage = plan_of_triage(*domain);
  return out;
}

} // namespace troupe::cli
