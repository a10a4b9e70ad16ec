#include "src/models/protocol.hpp"

namespace troupe::models {

tools::http_request to_http(const model_request& what, const model_spec& model,
                            const provider_spec& provider) {
  tools::http_request out;
  out.method = "POST";
  out.headers = {{"Content-Type", "application/json"},
                 {"Accept", "text/event-stream, application/json"}};
  const bool openai = provider.api == model_api::openai;
  out.url = provider.url;
  while (out.url.ends_with('/'))
    out.url.pop_back();
  out.url += openai ? "/chat/completions" : "/messages";
  if (!openai)
    out.headers.emplace_back("anthropic-version", "2023-06-01");
  if (!provider.key.empty()) {
    if (openai)
      out.headers.emplace_back("Authorization", "Bearer " + provider.key);
    else
      out.headers.emplace_back("x-api-key", provider.key);
  }
  for (const auto& [name, value] : provider.headers)
    out.headers.emplace_back(name, value);
  auto body = openai ? openai_body(what, model) : anthropic_body(what, model);
  if (model.extra.is_object())
    body.merge_patch(model.extra);
  out.body = as_text(body);
  return out;
}

reply_reader_ptr reader_for(const model_request& what, const provider_spec& provider) {
  return provider.api == model_api::openai ? make_openai_reader()
                                           : make_anthropic_reader(!what.schema.is_null());
}

} // namespace troupe::models
