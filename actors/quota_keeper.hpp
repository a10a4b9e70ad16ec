#pragma once

#include "actors/node_parts.hpp"
#include "actors/node_subject.hpp"
#include "actors/quota_port.hpp"
#include "policies/quota_book.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace troupe {

/// A quota desk asks for its slice of a limit.
struct quota_asked {
  std::string limit;
  std::string node; ///< that asks
  quota_claim what;
  json left;              ///< what it tells of the owner before, see `leaves_of`
  milliseconds frozen{0}; ///< a provider has told it to send nothing for so long
  node_reply then;
};

/// The QUOTA KEEPER: keeps the books (`quota_book`) of those limits that its node owns, see
/// `quota_owner`. What it lends to which desk stands in no store: a new owner learns it from the
/// desks, and takes for used what nobody tells of.
///
/// It lends only while its node is surely a member: it has its lease from the store, or links with
/// all others, since nobody who is linked with all is voted out. Otherwise somebody else may own
/// its limits without its knowing.
struct quota_keeper_state {
  static constexpr milliseconds look_again{500}; ///< at who owns what

  void init(caf::event_based_actor* self, parts_ptr parts);
  void on_asked(const quota_asked& x);
  void on_tick();

  static inline const char* name = "quota_keeper";

 private:
  struct kept {
    quota_book book;
    std::uint64_t incarnation = 0; ///< of this node, when it began to own the limit
    timestamp frozen{};
  };
  [[nodiscard]] bool is_member(timestamp now) const;
  [[nodiscard]] std::uint64_t own_incarnation() const;
  void let_go();

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  std::map<std::string, kept, std::less<>> books_;
  bool ticking_ = false;
};

caf::behavior quota_keeper(caf::stateful_actor<quota_keeper_state>* self, parts_ptr parts);

/// Subject `quota`: what desks ask, for the respondent.
[[nodiscard]] node_subject quota_subject(parts_ptr parts);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_quota_keeper, TROUPE_FIRST_TYPE_ID + 200)
TROUPE_MESSAGE(troupe_quota_keeper, troupe::quota_asked)
TROUPE_END_MESSAGES(troupe_quota_keeper)
