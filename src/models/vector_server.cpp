#include "src/models/vector_server.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe::models {

namespace {

constexpr std::size_t answer_max_bytes = std::size_t{32} << 20;

/// A vector of length 1; empty when it is none.
text::sentence_vector unit(const json& numbers) {
  text::sentence_vector out;
  if (!numbers.is_array() || numbers.empty() || numbers.size() > vector_dimensions_max)
    return out;
  double sum = 0;
  for (const auto& x : numbers) {
    if (!x.is_number())
      return {};
    out.push_back(x.get<float>());
    sum += static_cast<double>(out.back()) * out.back();
  }
  if (!std::isfinite(sum) || sum <= 0)
    return {};
  const auto by = static_cast<float>(1 / std::sqrt(sum));
  for (auto& v : out)
    v *= by;
  return out;
}

/// {"data": [{"index", "embedding"}]}; empty when anything is wrong with it.
std::vector<text::sentence_vector> vectors_in(const tools::http_response& x, std::size_t count) {
  if (x.failed != tools::http_response::error::none || x.status < 200 || x.status >= 300)
    return {};
  const auto said = parse_bounded(x.body);
  const auto data = said.is_object() ? said.find("data") : said.end();
  if (!said.is_object() || data == said.end() || !data->is_array() || data->size() != count)
    return {};
  std::vector<text::sentence_vector> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& one = (*data)[i];
    if (!one.is_object() || !one.contains("embedding"))
      return {};
    const auto at = one.contains("index") && one["index"].is_number_unsigned()
                        ? one["index"].get<std::size_t>()
                        : i;
    auto v = unit(one["embedding"]);
    if (at >= count || v.empty() || !out[at].empty())
      return {};
    out[at] = std::move(v);
  }
  const bool alike = std::all_of(out.begin(), out.end(), [&](const text::sentence_vector& v) {
    return v.size() == out.front().size();
  });
  return alike ? out : std::vector<text::sentence_vector>{};
}

class vector_server final : public text::sentence_vectors {
 public:
  vector_server(std::shared_ptr<tools::http_port> http, provider_spec provider, std::string model)
      : http_(std::move(http))
      , provider_(std::move(provider))
      , model_(std::move(model))
      , space_(provider_.name + " " + model_) {}

  void of(std::vector<std::string> texts, std::chrono::milliseconds most,
          done_fn done) const override {
    tools::http_request what;
    what.method = "POST";
    what.url = provider_.url;
    while (what.url.ends_with('/'))
      what.url.pop_back();
    what.url += "/embeddings";
    what.headers = {{"Content-Type", "application/json"}};
    if (!provider_.key.empty())
      what.headers.emplace_back("Authorization", "Bearer " + provider_.key);
    for (const auto& [name, value] : provider_.headers)
      what.headers.emplace_back(name, value);
    what.body = as_text({{"model", model_}, {"input", texts}, {"encoding_format", "float"}});
    what.deadline = std::min(most, provider_.timeout);
    what.connect_timeout = std::min(provider_.connect_timeout, what.deadline);
    what.body_max_bytes = answer_max_bytes;
    http_->send(std::move(what),
                [count = texts.size(), done = std::move(done)](const tools::http_response& x) {
                  done(vectors_in(x, count));
                });
  }

  const std::string& space() const noexcept override { return space_; }

 private:
  std::shared_ptr<tools::http_port> http_;
  provider_spec provider_;
  std::string model_;
  std::string space_;
};

} // namespace

std::shared_ptr<const text::sentence_vectors>
make_vector_server(std::shared_ptr<tools::http_port> http, provider_spec provider,
                   std::string model) {
  return std::make_shared<const vector_server>(std::move(http), std::move(provider),
                                               std::move(model));
}

} // namespace troupe::models
