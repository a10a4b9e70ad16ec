#include "src/text/linear.hpp"

#include <linear.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace troupe::text {

namespace {

// liblinear shuffles with rand(), which is one for the process.
std::mutex one_at_a_time;

struct model_deleter {
  void operator()(::model* trained) const { free_and_destroy_model(&trained); }
};

} // namespace

linear_weights train_linear(std::span<const sparse_text> texts,
                            std::span<const std::uint32_t> labels, std::size_t label_count,
                            std::size_t features, double cost) {
  std::size_t cells = 0;
  for (const auto& text : texts)
    cells += text.items.size() + 2;
  std::vector<feature_node> nodes;
  nodes.reserve(cells);
  std::vector<feature_node*> rows;
  rows.reserve(texts.size());
  auto bias_index = static_cast<int>(features) + 1;
  for (const auto& text : texts) {
    rows.push_back(nodes.data() + nodes.size());
    for (const auto& item : text.items)
      nodes.push_back({static_cast<int>(item.index) + 1, item.value});
    nodes.push_back({bias_index, 1.0});
    nodes.push_back({-1, 0.0});
  }
  std::vector<double> targets(labels.begin(), labels.end());
  problem task{};
  task.l = static_cast<int>(texts.size());
  task.n = bias_index;
  task.y = targets.data();
  task.x = rows.data();
  task.bias = 1.0;
  parameter how{};
  how.solver_type = MCSVM_CS;
  how.C = cost;
  how.eps = 0.1;
  if (const char* wrong = check_parameter(&task, &how))
    throw std::invalid_argument(std::string("the linear part cannot be trained: ") + wrong);

  std::unique_ptr<::model, model_deleter> trained;
  {
    std::lock_guard lock(one_at_a_time);
    set_print_string_function([](const char*) {});
    std::srand(1);
    trained.reset(::train(&task, &how));
  }
  linear_weights out;
  out.dense.assign(features * label_count, 0.0F);
  out.bias.assign(label_count, 0.0F);
  auto known = static_cast<std::size_t>(trained->nr_class);
  // liblinear numbers the labels in the order in which it met them.
  for (std::size_t feature = 0; feature <= features; ++feature) {
    float* row = feature < features ? out.dense.data() + feature * label_count : out.bias.data();
    for (std::size_t at = 0; at < known; ++at)
      row[trained->label[at]] = static_cast<float>(trained->w[feature * known + at]);
  }
  return out;
}

} // namespace troupe::text
