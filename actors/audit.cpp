#include "actors/audit.hpp"

#include "src/store/audit.hpp"

#include <utility>

namespace troupe {

store_write audit_write(std::string id, timestamp at, const char* what, json record) {
  store_write w;
  w.what = store_write::kind::audit;
  w.id = std::move(id);
  w.at = at;
  record["at"] = at.time_since_epoch().count();
  record["what"] = what;
  w.body = as_text(record);
  return w;
}

void send_audit(const node_parts& parts, store_write record) {
  const auto place = parts.places->find({address_kind::node, parts.fleet.node_id + "/journal"});
  if (!place)
    return;
  if (const auto journal = place->now().handle)
    caf::anon_send(journal, journal_append{0, std::make_shared<const std::vector<store_write>>(
                                                  1, std::move(record))});
}

std::string fingerprint(const std::string& text, const json& data) {
  return hex(sha256(text + '\n' + as_text(data)));
}

} // namespace troupe
