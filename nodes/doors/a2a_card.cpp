#include "nodes/doors/a2a_card.hpp"

namespace troupe {

namespace {

json interface_of(const std::string& base, const char* binding) {
  return {{"url", base + "/a2a"}, {"protocolBinding", binding}, {"protocolVersion", "1.0"}};
}

} // namespace

json a2a_card(const fleet_spec& fleet, const std::vector<skill_offer>& offers,
              const std::string& base, bool with_keys, bool pushes) {
  const auto modes = json::array({"text/plain", "application/json"});
  json out{{"name", fleet.name},
           {"description", "The fleet of agents " + fleet.name +
                               ". A message goes to its entry, unless `tenant` names a domain or "
                               "`message.metadata.skill` a skill."},
           {"version", TROUPE_VERSION},
           {"supportedInterfaces",
            json::array({interface_of(base, "JSONRPC"), interface_of(base, "HTTP+JSON")})},
           {"capabilities",
            {{"streaming", true}, {"pushNotifications", pushes}, {"extendedAgentCard", true}}},
           {"defaultInputModes", modes},
           {"defaultOutputModes", modes},
           {"skills", json::array()}};
  for (const auto& x : offers)
    out["skills"].push_back({{"id", x.id},
                             {"name", x.skill.empty() ? x.domain : x.skill},
                             {"description", x.description.empty() ? x.id : x.description},
                             {"tags", json::array({x.domain})}});
  if (with_keys) {
    out["securitySchemes"] = {
        {"key",
         {{"httpAuthSecurityScheme",
           {{"scheme", "Bearer"}, {"description", "An API key of the fleet that may submit"}}}}}};
    out["securityRequirements"] =
        json::array({{{"schemes", {{"key", {{"list", json::array()}}}}}}});
  }
  return out;
}

std::string door_url(const http_request& what, bool tls) {
  const auto host = what.header("host");
  const bool plain = !host.empty() && host.size() <= 256 &&
                     host.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_") ==
                         std::string_view::npos;
  return (tls ? "https://" : "http://") + std::string{plain ? host : "localhost"};
}

} // namespace troupe
