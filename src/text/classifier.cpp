#include "src/text/classifier.hpp"

#include "src/text/model.hpp"
#include "src/text/network.hpp"
#include "src/text/normalize.hpp"
#include "src/text/refusal.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace troupe::text {

namespace {

constexpr std::size_t most_alternatives = 5;

// A file beside `file` that no other save, in this process or another, is writing.
std::filesystem::path beside(const std::filesystem::path& file) {
  static std::atomic<unsigned> next{0};
  auto out = file;
  out += ".part-" + std::to_string(::getpid()) + "-" + std::to_string(next++);
  return out;
}

} // namespace

classifier::classifier(std::shared_ptr<const model> trained)
    : model_(std::move(trained)) {
  if (!model_ || model_->labels.empty())
    throw std::invalid_argument("a classifier needs a trained model");
}

classification classifier::classify(std::string_view message) const {
  auto out = named(message);
  if (out.accepted)
    heed_refusals(*this, message, refused_parts(message), 0, message.size(), out);
  return out;
}

classification classifier::named(std::string_view message) const {
  auto found = model_->read(normalize(message).text);
  classification out;
  if (found.empty)
    return out; // nothing in it was ever seen: any label would be made up
  out.intent = model_->labels[found.best];
  out.confidence = model_->trust.chance(found.seen);
  out.accepted = out.confidence >= model_->trust.threshold;
  for (auto& score : found.scores)
    score *= static_cast<float>(model_->trust.sharpness);
  softmax(found.scores);
  std::vector<std::size_t> order(found.scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto shown = std::min(most_alternatives, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return found.scores[a] != found.scores[b] ? found.scores[a] > found.scores[b]
                                                                : a < b;
                    });
  order.resize(shown);
  for (auto at : order)
    out.alternatives.push_back({model_->labels[at], found.scores[at]});
  return out;
}

classifier classifier::load(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in || std::filesystem::is_directory(file))
    throw std::runtime_error("the model " + file.string() + " cannot be opened");
  std::string bytes(static_cast<std::size_t>(std::max<std::streamoff>(in.tellg(), 0)), '\0');
  in.seekg(0);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    throw std::runtime_error("the model " + file.string() + " cannot be read to its end");
  try {
    return classifier(std::make_shared<const model>(from_bytes(bytes)));
  } catch (const std::exception& wrong) {
    throw std::runtime_error("the model " + file.string() + " is refused: " + wrong.what());
  }
}

void classifier::save(const std::filesystem::path& file) const {
  auto bytes = to_bytes(*model_);
  auto part = beside(file);
  std::error_code failed;
  {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) {
      std::filesystem::remove(part, failed);
      throw std::runtime_error("the model " + file.string() +
                               " cannot be written: no file can be made beside it");
    }
  }
  std::filesystem::rename(part, file, failed);
  if (failed) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    throw std::runtime_error("the model " + file.string() +
                             " cannot be put in place: " + failed.message());
  }
}

double classifier::threshold() const {
  return model_->trust.threshold;
}

const std::vector<std::string>& classifier::labels() const {
  return model_->labels;
}

} // namespace troupe::text
