#include "nodes/models.hpp"

#include "src/config/examples.hpp"
#include "src/text/classifier.hpp"
#include "src/text/train.hpp"
#include "src/text/training.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace troupe {

namespace fs = std::filesystem;

namespace {

using model = std::shared_ptr<const text::classifier>;
using classifiers = std::map<std::string, model, std::less<>>;
using known_models = std::function<model(const agent_spec&)>;

/// What a model was trained from, so that it is trained again when that changes: names, sizes and
/// times.
std::string recipe_of(const std::vector<fs::path>& examples) {
  std::string out;
  for (const auto& file : examples)
    out += file.filename().string() + ' ' + std::to_string(fs::file_size(file)) + ' ' +
           std::to_string(fs::last_write_time(file).time_since_epoch().count()) + '\n';
  return out;
}

std::string read_file(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

model load_one(const fleet_spec& fleet, const domain_spec& domain, const agent_spec& agent,
               const fs::path& dir, spdlog::logger& log) {
  const auto folder = fs::path{fleet.dir} / domain.path;
  const auto name = agent.settings.value("model", agent.card.name + ".model");
  const auto examples = config::example_files(agent, folder);
  if (fs::exists(folder / name))
    return std::make_shared<const text::classifier>(text::classifier::load(folder / name));
  if (examples.empty())
    throw std::runtime_error{"neither the model " + (folder / name).string() +
                             " nor examples to train it from"};
  // The other files are only those that are there.
  if (!fs::is_regular_file(examples.front()))
    throw std::runtime_error{"there is no file " + examples.front().string() +
                             " to train the model from"};
  const auto trained = dir / domain.path / fs::path{name}.filename();
  const auto recipe_file = fs::path{trained}.concat(".from");
  const auto recipe = recipe_of(examples);
  if (fs::exists(trained) && read_file(recipe_file) == recipe)
    return std::make_shared<const text::classifier>(text::classifier::load(trained));
  const auto began = std::chrono::steady_clock::now();
  const auto from = text::read_training(examples);
  if (!from.flaws.empty())
    throw std::runtime_error{to_string(from.flaws.front())};
  log.info("triage agent {}/{}: training its model from {} examples", domain.path, agent.card.name,
           from.rows.size());
  auto made = text::train(from.rows);
  fs::create_directories(trained.parent_path());
  made.save(trained);
  std::ofstream{recipe_file, std::ios::binary} << recipe;
  log.info("triage agent {}/{}: trained in {:.1f} s, threshold {:.2f}", domain.path,
           agent.card.name,
           std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(),
           made.threshold());
  return std::make_shared<const text::classifier>(std::move(made));
}

void load_domain(const fleet_spec& fleet, const domain_spec& domain, const fs::path& dir,
                 spdlog::logger& log, const known_models& known, classifiers& out) {
  for (const auto& agent : domain.agents) {
    if (agent.card.kind != agent_kind::triage)
      continue;
    const auto name = domain.path + "/" + agent.card.name;
    try {
      auto made = known(agent);
      out[name] = made ? std::move(made) : load_one(fleet, domain, agent, dir, log);
    } catch (const std::exception& e) {
      throw std::runtime_error{"triage agent " + name + ": " + e.what()};
    }
  }
  for (const auto& inner : domain.domains)
    load_domain(fleet, inner, dir, log, known, out);
}

} // namespace

classifiers load_models(const fleet_spec& fleet, const std::string& dir, spdlog::logger& log,
                        const known_models& known) {
  classifiers out;
  for (const auto& domain : fleet.domains)
    load_domain(fleet, domain, dir, log, known, out);
  return out;
}

} // namespace troupe
