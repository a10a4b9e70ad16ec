#pragma once

#include "nodes/doors/access.hpp"
#include "nodes/doors/http_message.hpp"
#include "nodes/doors/problem.hpp"
#include "nodes/doors/responder.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// Answers a request, at once or later, through the responder. Runs on the door's thread: it must
/// not block. An exception is answered as an internal error.
using http_handler = std::function<void(http_request&, const responder&)>;

/// How a refusal is told: as a problem document, or in the form of the protocol that a route
/// speaks.
using refusal_form = http_reply (*)(const problem& p, std::string_view path);

/// Which handler takes which method and path. Built before the server starts and only read
/// afterwards.
class router {
 public:
  /// `pattern` consists of fixed segments and `{name}` segments: `/v1/tasks/{id}/trace`. `produces`
  /// lists the media types that the handler answers with; a request that accepts none of them gets
  /// 406. `need` says what key it takes, where keys are asked for. `form` is how requests for this
  /// pattern are refused that never come to the handler.
  void add(std::string method, std::string pattern, route_need need, http_handler run,
           std::vector<std::string_view> produces = {"application/json"},
           refusal_form form = to_reply);
  /// A route that says nothing about keys takes one that may do everything.
  void add(std::string method, std::string pattern, http_handler run,
           std::vector<std::string_view> produces = {"application/json"});

  /// Whom to ask whether a request may come in; without one all may.
  void guard_with(std::shared_ptr<access_gate> gate) { gate_ = std::move(gate); }

  /// Runs the handler of the request, or answers with 404, 405, 406, 400, or as the gate says. HEAD
  /// is taken as GET.
  void route(http_request& what, const responder& answer) const;

  /// How what was asked for at this path is refused, by whatever method.
  [[nodiscard]] refusal_form form_at(std::string_view path) const noexcept;

  /// All methods and patterns, in the order they were added.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> routes() const;
  /// What each of them needs, likewise.
  [[nodiscard]] std::vector<route_need> needs() const;

 private:
  struct entry {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    std::vector<std::string_view> produces;
    http_handler run;
    route_need need;
    refusal_form form = to_reply;
  };
  [[nodiscard]] static bool matches(const entry& e, std::string_view path) noexcept;
  std::vector<entry> entries_;
  std::shared_ptr<access_gate> gate_;
};

} // namespace troupe
