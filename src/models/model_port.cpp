#include "src/models/model_port.hpp"

#include "src/models/errors.hpp"
#include "src/models/protocol.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::models {

namespace {

struct served_model {
  model_spec model;
  provider_spec provider;
};

/// One answer on its way. Only the HTTP port's thread touches it once the request is sent.
struct exchange {
  std::shared_ptr<const served_model> to;
  reply_reader_ptr reader;
  std::size_t sent_bytes = 0;

  model_reply finish(const tools::http_response& response) {
    auto trouble = error_in(response);
    const bool answered = response.failed == tools::http_response::error::none &&
                          response.status >= 200 && response.status < 300;
    // The connection is given up when the answer goes wrong: then the answer says why.
    const bool own_fault = reader->failed();
    // An answer that broke off has cost what had come of it.
    auto out = answered || reader->begun() ? reader->finish() : model_reply{};
    if (!trouble.ok() && !own_fault) {
      out.error = trouble.error;
      out.unsent = trouble.unsent;
      out.detail = std::move(trouble.detail);
      out.retry_after = trouble.retry_after;
    }
    charge(out, answered || reader->begun());
    return out;
  }

 private:
  void charge(model_reply& out, bool worked) const {
    auto& used = out.used;
    if (worked && used.input_tokens == 0) {
      out.estimated = true;
      used.input_tokens = tokens_of(sent_bytes);
    }
    if (worked && used.output_tokens == 0 && (!out.text.empty() || !out.calls.empty())) {
      out.estimated = true;
      auto bytes = out.text.size();
      for (const auto& call : out.calls)
        bytes += call.name.size() + as_text(call.arguments).size();
      used.output_tokens = tokens_of(bytes);
    }
    used.cost_micros = to->model.cost_micros(used);
    used.calls = worked || out.uncounted() ? 1 : 0;
  }
};

class http_models final : public model_port {
 public:
  http_models(std::shared_ptr<tools::http_port> http, std::vector<provider_spec> providers,
              std::vector<model_spec> models)
      : http_{std::move(http)} {
    for (auto& model : models) {
      const auto provider =
          std::find_if(providers.begin(), providers.end(),
                       [&](const provider_spec& p) { return p.name == model.provider; });
      if (provider == providers.end())
        continue;
      auto name = model.name;
      models_[std::move(name)] =
          std::make_shared<const served_model>(served_model{std::move(model), *provider});
    }
  }

  std::uint64_t send(const model_request& what, done_fn done) override {
    const auto hit = models_.find(what.model);
    if (hit == models_.end()) {
      model_reply none;
      none.error = model_error::bad_request;
      none.detail = "there is no model called " + what.model;
      done(std::move(none));
      return ~std::uint64_t{0};
    }
    const auto& provider = hit->second->provider;
    auto request = to_http(what, hit->second->model, provider);
    request.deadline = std::min(what.deadline, provider.timeout);
    request.connect_timeout = std::min(provider.connect_timeout, request.deadline);
    request.first_byte_timeout = provider.first_byte_timeout;
    request.body_max_bytes = reply_max_bytes;
    auto one = std::make_shared<exchange>();
    one->to = hit->second;
    one->reader = reader_for(what, provider);
    one->sent_bytes = request.body.size();
    request.on_body = [one](std::string_view bytes) { return one->reader->feed(bytes); };
    return http_->send(std::move(request),
                       [one, done = std::move(done)](const tools::http_response& response) {
                         done(one->finish(response));
                       });
  }

  void cancel(std::uint64_t id) override { http_->cancel(id); }

 private:
  std::shared_ptr<tools::http_port> http_;
  std::map<std::string, std::shared_ptr<const served_model>, std::less<>> models_;
};

} // namespace

std::shared_ptr<model_port> make_model_port(std::shared_ptr<tools::http_port> http,
                                            std::vector<provider_spec> providers,
                                            std::vector<model_spec> models) {
  return std::make_shared<http_models>(std::move(http), std::move(providers), std::move(models));
}

} // namespace troupe::models
