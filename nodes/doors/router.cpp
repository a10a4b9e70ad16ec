#include "nodes/doors/router.hpp"

#include "nodes/doors/problem.hpp"
#include "nodes/doors/uri.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t target_max = 4096;

/// The next segment of a path; `path` is left with what follows it.
std::string_view cut_segment(std::string_view& path) noexcept {
  const auto slash = path.find('/', 1);
  const auto out = path.substr(1, slash == std::string_view::npos ? slash : slash - 1);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  return out;
}

bool is_parameter(std::string_view segment) noexcept {
  return segment.starts_with('{');
}

std::string_view trim(std::string_view x) noexcept {
  while (!x.empty() && (x.front() == ' ' || x.front() == '\t'))
    x.remove_prefix(1);
  while (!x.empty() && (x.back() == ' ' || x.back() == '\t'))
    x.remove_suffix(1);
  return x;
}

/// RFC 9110, 12.5.1, as far as choosing needs it: does the header let one of `produced` through?
/// Problem documents may be asked for alone, which still accepts the answers they stand in for.
bool accepts(std::string_view header, const std::vector<std::string_view>& produced) {
  if (trim(header).empty())
    return true;
  bool yes = false;
  while (!header.empty()) {
    const auto comma = header.find(',');
    const auto range = trim(header.substr(0, comma));
    header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
    const auto semicolon = range.find(';');
    const auto type = trim(range.substr(0, semicolon));
    const auto rest =
        semicolon == std::string_view::npos ? std::string_view{} : range.substr(semicolon);
    const auto q = rest.find("q=");
    const auto weight = q == std::string_view::npos ? std::string_view{"1"} : rest.substr(q + 2);
    const bool refused_here = weight.find_first_of("123456789") == std::string_view::npos;
    for (auto full : produced) {
      const auto p = full.substr(0, full.find(';'));
      const bool whole = type == "*/*" || type == p;
      const bool family = type.ends_with("/*") && p.starts_with(type.substr(0, type.size() - 1));
      if (refused_here && type == p)
        return false;
      yes = yes || (!refused_here && (whole || family));
    }
  }
  return yes;
}

} // namespace

void router::add(std::string method, std::string pattern, http_handler run,
                 std::vector<std::string_view> produces) {
  add(std::move(method), std::move(pattern), route_need{}, std::move(run), std::move(produces));
}

void router::add(std::string method, std::string pattern, route_need need, http_handler run,
                 std::vector<std::string_view> produces, refusal_form form) {
  entry e{
      std::move(method), std::move(pattern), {}, std::move(produces), std::move(run), need, form};
  std::string_view rest{e.pattern};
  while (!rest.empty())
    e.segments.emplace_back(cut_segment(rest));
  entries_.push_back(std::move(e));
}

bool router::matches(const entry& e, std::string_view path) noexcept {
  for (const auto& s : e.segments) {
    if (path.empty())
      return false;
    const auto given = cut_segment(path);
    if (is_parameter(s) ? given.empty() : given != s)
      return false;
  }
  return path.empty();
}

void router::route(http_request& what, const responder& answer) const {
  if (what.target.size() > target_max) {
    problem p =
        bad_request("the path and query are longer than " + std::to_string(target_max) + " bytes");
    p.status = 414;
    p.word = "uri_too_long";
    p.title = "URI too long";
    answer.send(to_reply(p));
    return;
  }
  if (!what.path.starts_with('/')) {
    answer.send(to_reply(bad_request("the request's target must be a path")));
    return;
  }
  const auto method = what.method == "HEAD" ? std::string_view{"GET"} : what.method;
  std::string allowed;
  for (const auto& e : entries_) {
    if (!matches(e, what.path))
      continue;
    if (e.method != method) {
      allowed += (allowed.empty() ? "" : ", ") + e.method + (e.method == "GET" ? ", HEAD" : "");
      continue;
    }
    if (gate_)
      if (const auto no = gate_->admit(what, e.need, e.pattern)) {
        auto reply = e.form(*no, what.path);
        if (no->status == 401)
          reply.add("WWW-Authenticate", "Bearer");
        answer.send(std::move(reply));
        return;
      }
    if (!accepts(what.header("accept"), e.produces)) {
      problem p = bad_request("this resource is only there as " + std::string{e.produces.front()});
      p.status = 406;
      p.word = "not_acceptable";
      p.title = "Not acceptable";
      answer.send(e.form(p, what.path));
      return;
    }
    what.parameters.clear();
    auto rest = what.path;
    for (const auto& s : e.segments) {
      const auto given = cut_segment(rest);
      if (!is_parameter(s))
        continue;
      auto decoded = percent_decode(given, false);
      if (!decoded) {
        answer.send(
            e.form(bad_request("the path holds a broken escape or bytes that are not UTF-8"), {}));
        return;
      }
      what.parameters.push_back(std::move(*decoded));
    }
    e.run(what, answer);
    return;
  }
  if (allowed.empty()) {
    answer.send(to_reply(not_found("unknown_path", "there is nothing at this path"), what.path));
    return;
  }
  problem p = bad_request(std::string{what.method} + " is not allowed here");
  p.status = 405;
  p.word = "method_not_allowed";
  p.title = "Method not allowed";
  auto reply = form_at(what.path)(p, what.path);
  reply.add("Allow", allowed);
  answer.send(std::move(reply));
}

refusal_form router::form_at(std::string_view path) const noexcept {
  const auto hit = std::find_if(entries_.begin(), entries_.end(),
                                [&](const entry& e) { return matches(e, path); });
  return hit == entries_.end() ? to_reply : hit->form;
}

std::vector<std::pair<std::string, std::string>> router::routes() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& e : entries_)
    out.emplace_back(e.method, e.pattern);
  return out;
}

std::vector<route_need> router::needs() const {
  std::vector<route_need> out;
  for (const auto& e : entries_)
    out.push_back(e.need);
  return out;
}

} // namespace troupe
