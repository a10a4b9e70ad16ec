#include "nodes/cost_report.hpp"
#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/uri.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe {

namespace {

constexpr std::chrono::hours usual_period{24 * 7};

std::vector<cost_part> parts_of(const std::string& list, query_reader& query) {
  std::vector<cost_part> out;
  for (std::size_t from = 0; from <= list.size() && !list.empty();) {
    const auto end = std::min(list.find(',', from), list.size());
    const auto word = list.substr(from, end - from);
    if (const auto x = parse_enum<cost_part>(word)) {
      if (std::find(out.begin(), out.end(), *x) == out.end())
        out.push_back(*x);
    } else {
      query.fail("'by' must list some of " + words_of<cost_part>());
    }
    from = end + 1;
  }
  return out;
}

} // namespace

void add_cost(router& to, const api_ptr& api) {
  to.add(
      "GET", "/v1/cost", route_need::somewhere(access_scope::read),
      [api](http_request& what, const responder& answer) {
        query_reader query{what.query};
        cost_question asked;
        const auto now =
            std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
        auto& x = asked.asked;
        x.until = now;
        for (const auto& [name, at] : {std::pair{"since", &x.since}, std::pair{"until", &x.until}})
          if (const auto text = query.text(name); !text.empty()) {
            const auto time = parse_time(text, now);
            if (!time)
              query.fail("'" + std::string{name} + "' must be a time, or such as -7d");
            else
              *at = *time;
          }
        if (x.since == timestamp{})
          x.since = x.until - usual_period;
        if (x.since >= x.until)
          query.fail("'since' must be before 'until'");
        x.by = parts_of(query.text("by"), query);
        x.domain = query.text("domain");
        x.customer = query.text("customer");
        x.task = query.text("task");
        asked.most = query.count("limit", 100, 10000);
        if (const auto bad = query.end())
          return refuse(answer, *bad, what.path);
        api->node_for(what)->costs(
            asked, rendered<cost_answer>(answer, what.path,
                                         [asked](const cost_answer& said, const std::string&) {
                                           return json_reply(cost_json(asked, said));
                                         }));
      });
}

} // namespace troupe
