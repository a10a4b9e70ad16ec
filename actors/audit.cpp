#include "actors/audit.hpp"

#include "actors/journal_messages.hpp"
#include "actors/key_ring.hpp"
#include "src/digest/digest.hpp"

#include <utility>

namespace troupe {

namespace {

/// Somebody waits for one word; without it he is told that nobody was there.
class owed_word {
 public:
  explicit owed_word(std::function<void(const std::string&)> then)
      : then_(std::move(then)) {}
  owed_word(const owed_word&) = delete;
  owed_word& operator=(const owed_word&) = delete;
  ~owed_word() { say("the journal has ended"); }
  void say(const std::string& wrong) {
    if (const auto then = std::exchange(then_, nullptr))
      then(wrong);
  }

 private:
  std::function<void(const std::string&)> then_;
};

} // namespace

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

bool write_now(const node_parts& parts, std::vector<store_write> what,
               std::function<void(const std::string&)> then, std::shared_ptr<key_ring> ring) {
  const auto place = parts.places->find({address_kind::node, parts.fleet.node_id + "/journal"});
  const auto journal = place ? place->now().handle : caf::actor{};
  if (!journal)
    return false;
  // Whoever waits is told also when the journal ends with the question in its mailbox.
  const auto owed = std::make_shared<owed_word>(std::move(then));
  caf::anon_send(journal,
                 journal_ask{[batch = std::move(what), owed, ring, log = parts.log](store& where) {
                   try {
                     where.apply(batch);
                     if (ring)
                       ring->read(where);
                     owed->say({});
                   } catch (const store_error& e) {
                     log->error("what has to be on record first could not be stored: {}", e.what());
                     owed->say(e.what());
                   }
                 }});
  return true;
}

std::string fingerprint(const std::string& text, const json& data) {
  return hex(sha256(text + '\n' + as_text(data)));
}

} // namespace troupe
