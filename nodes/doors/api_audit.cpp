#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/uri.hpp"
#include "src/digest/digest.hpp"
#include "src/store/audit.hpp"

#include <limits>

namespace troupe {

namespace {

json row_view(const audit_row& x) {
  json out{{"n", x.n}, {"id", x.id}, {"hash", hex(x.hash)}, {"body", x.body}};
  auto record = json::parse(x.body, nullptr, false);
  out["record"] = record.is_discarded() ? json{} : std::move(record);
  return out;
}

} // namespace

void add_audit(router& to, const api_ptr& api) {
  to.add("GET", "/v1/audit", route_need::fleet(access_scope::admin),
         [api](http_request& what, const responder& answer) {
           query_reader query{what.query};
           const auto after = query.count("after", 0, std::numeric_limits<std::uint32_t>::max());
           const auto limit = query.count("limit", 100, 1000);
           if (const auto bad = query.end())
             return refuse(answer, *bad, what.path);
           const auto reply = [answer](const std::vector<audit_row>& rows) {
             answer.send_made([rows] {
               json out{{"records", json::array()}};
               for (const auto& row : rows)
                 out["records"].push_back(row_view(row));
               return json_reply(out);
             });
           };
           if (!api->settings.read_audit || !api->settings.read_audit(after, limit, reply))
             refuse(answer, not_found("no_audit", "this node keeps no audit trail"), what.path);
         });
}

} // namespace troupe
