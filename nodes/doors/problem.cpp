#include "nodes/doors/problem.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

struct row {
  refusal why;
  unsigned status;
  std::string_view title;
};

constexpr std::array<row, 16> table{{
    {refusal::none, 500, "Internal error"},
    {refusal::invalid_request, 400, "Invalid request"},
    {refusal::unknown_domain, 404, "Unknown domain"},
    {refusal::unknown_task, 404, "Unknown task"},
    {refusal::unknown_session, 404, "Unknown session"},
    {refusal::unknown_question, 404, "Unknown question"},
    {refusal::conflict, 409, "Conflict"},
    {refusal::busy, 429, "Busy"},
    {refusal::too_large, 413, "Too large"},
    {refusal::stopping, 503, "Stopping"},
    {refusal::internal, 500, "Internal error"},
    {refusal::timeout, 504, "No answer in time"},
    {refusal::invalid_input, 422, "Input that nobody takes"},
    {refusal::unknown_node, 404, "Unknown node"},
    {refusal::policy_denied, 403, "Not taken from there"},
    {refusal::not_stored, 503, "Nothing can be stored"},
}};
static_assert(table.size() == enum_names<refusal>::value.size());

} // namespace

http_reply to_reply(const problem& p, std::string_view instance) {
  json document{{"type", "urn:troupe:problem:" + std::string{p.word}},
                {"title", p.title},
                {"status", p.status},
                {"detail", p.detail}};
  if (!instance.empty())
    document["instance"] = instance;
  for (const auto& e : p.errors)
    document["errors"].push_back({{"pointer", e.pointer}, {"detail", e.detail}});
  http_reply out;
  out.status = p.status;
  out.type = "application/problem+json";
  out.body = as_text(document);
  if (p.retry_after.count() > 0 || p.status == 429 || p.status == 503) {
    const auto seconds = std::max<long long>(1, (p.retry_after.count() + 999) / 1000);
    out.add("Retry-After", std::to_string(seconds));
  }
  return out;
}

problem problem_of(const refused& why) {
  const auto& hit = table[std::min(static_cast<std::size_t>(why.why), table.size() - 1)];
  problem p;
  p.status = hit.status;
  p.word = to_string(hit.why == refusal::none ? refusal::internal : hit.why);
  p.title = hit.title;
  p.detail = why.detail.empty() ? std::string{hit.title} : why.detail;
  p.retry_after = why.retry_after;
  for (const auto& e : why.errors)
    p.errors.push_back({e.pointer, e.message});
  return p;
}

problem bad_request(std::string detail, std::vector<body_error> errors) {
  problem p;
  p.status = 400;
  p.word = "invalid_request";
  p.title = "Invalid request";
  p.detail = std::move(detail);
  p.errors = std::move(errors);
  return p;
}

problem not_found(std::string_view word, std::string detail) {
  problem p;
  p.status = 404;
  p.word = word;
  p.title = "Not found";
  p.detail = std::move(detail);
  return p;
}

} // namespace troupe
