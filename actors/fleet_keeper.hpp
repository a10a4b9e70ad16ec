#pragma once

#include "actors/node_parts.hpp"
#include "policies/fleet_change.hpp"
#include "src/config/diagnostic.hpp"
#include "src/store/version_table.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe {

class store;

/// The content of a version as this node can load it. Blocks on the file system.
struct loaded_content {
  std::optional<fleet_spec> fleet; ///< its agents not numbered; nothing: see `errors`
  std::vector<config::diagnostic> errors;
  std::map<std::string, std::string> files; ///< digest of each, by path
  std::shared_ptr<void> folder;             ///< where it was written; null: the node's own
};

/// A wish to make a version of the fleet out of a folder. Answered with `fleet_reloaded`.
struct reload_fleet {
  std::string content; ///< packed; empty: the node's own folder, as it is now
  std::string domain;  ///< `content` is the folder of this domain alone; empty: of the whole fleet
  std::string by;      ///< who wants it, for people
};
struct fleet_reloaded {
  std::uint64_t version = 0;              ///< that is active; 0: it was refused
  fleet_change change;                    ///< nothing: the version was active before
  std::vector<config::diagnostic> errors; ///< what is wrong with the folder
  refused why;
};

/// Which versions there are. Answered with `versions_viewed`.
struct view_versions {};
struct versions_viewed {
  std::vector<stored_version> versions;
  std::vector<node_versions> nodes;
};

struct fleet_keeper_state;
/// INTERNAL: what came of something that the keeper had asked others to do.
struct at_fleet_keeper {
  std::function<void(fleet_keeper_state&)> what;
};
/// INTERNAL: work that blocks.
struct version_job {
  std::function<void()> what;
};

/// A version that is about to be proposed.
struct proposed_content {
  stored_version row;
  std::string content;
  fleet_change change;
};

struct fleet_keeper_config {
  seat_ptr journal; ///< null: nothing is stored, and `memory` is asked
  std::shared_ptr<version_table> memory;
  bool jobs_on_own_thread = true; ///< false in a simulation
  /// The content of the node's own folder, packed. Blocks; throws `config::snapshot_error`.
  std::function<std::string()> own_content;
  /// What `content` is as a folder; with `domain`, put into `whole` in place of that domain. Throws
  /// `config::snapshot_error`.
  std::function<std::string(const std::string& whole, const std::string& domain,
                            const std::string& content)>
      with_domain;
  /// Blocks.
  std::function<loaded_content(const std::string& content)> load;
  /// Makes it ready to be used. Blocks; throws `std::runtime_error` with a sentence.
  std::function<fleet_version_ptr(loaded_content, std::uint64_t number, const std::string& digest)>
      make;
  /// Of a packed content.
  std::function<std::string(const std::string& content)> digest_of;
  /// Brings the tree of the node in line with the versions that it has.
  std::function<void(caf::event_based_actor* self)> follow;

  /// Throws `std::invalid_argument` when something that it cannot do without is missing.
  void validate() const;
};

/// The FLEET KEEPER: a node's part in the versions of the fleet. It takes wishes for a new one,
/// checks and proposes it; makes every version ready that the table of versions has, and says so
/// there; goes by the one that is active; and lets go of those that nobody needs. The table
/// decides: keepers do not speak to each other.
struct fleet_keeper_state {
  fleet_keeper_state() = default;
  fleet_keeper_state(const fleet_keeper_state&) = delete;
  fleet_keeper_state& operator=(const fleet_keeper_state&) = delete;
  /// Whoever waits for a reload or for a view hears of the end: CAF 0.17 does not answer for a
  /// promise that nobody keeps, and a node could not stop while somebody waits.
  ~fleet_keeper_state();
  void init(caf::event_based_actor* self, parts_ptr parts, fleet_keeper_config config);
  caf::response_promise on_reload(const reload_fleet& x);
  caf::response_promise on_view();
  void on_tick();

  static inline const char* name = "fleet_keeper";

 private:
  struct table_view {
    std::vector<stored_version> versions;
    std::vector<node_versions> said;
    std::vector<std::uint64_t> used;
    [[nodiscard]] const stored_version* active() const noexcept;
    [[nodiscard]] const stored_version* find(std::uint64_t number) const noexcept;
  };
  /// Somebody waits for what comes of a reload.
  struct wish {
    std::uint64_t id = 0; ///< among those of this keeper
    reload_fleet what;
    caf::response_promise told;
    std::uint64_t number = 0; ///< of the proposal; 0: there is none yet
    fleet_change change;
    timestamp until{};
  };
  /// A version that is being made ready here.
  struct getting_ready {
    std::uint64_t number = 0;
    fleet_version_ptr made; ///< null: its content is still being read
    timestamp until{};      ///< it has to be made, or its agents have to be there
  };
  using answer = std::function<void(fleet_keeper_state&)>;
  struct errand;

  // The table: fleet_keeper.cpp.
  /// Asks the table; what `what` returns is done here, or `otherwise` when nothing came of it: the
  /// store failed, or the journal ended with the question or is not there. One of them, in any
  /// case.
  void ask(std::function<answer(version_table&)> what, answer otherwise = nullptr);
  void look();
  void on_table(table_view now);
  void use_active();
  /// All nodes go by the active version `x`, or have had the time to.
  [[nodiscard]] bool in_use(const stored_version& x) const;
  void drop_unneeded();
  void retire();
  /// Some task goes by it, here or on another node, or is stored and may go on by it.
  [[nodiscard]] bool needed(std::uint64_t number) const;
  void say();
  void tell_views(std::uint64_t up_to, const versions_viewed& seen);
  /// Without what nodes have said that have left or are dead.
  [[nodiscard]] versions_viewed of_the_living(versions_viewed x) const;
  void arm();
  [[nodiscard]] std::vector<std::string> members() const;
  [[nodiscard]] const std::string& me() const { return parts_->fleet.node_id; }

  // A wish: fleet_keeper_wish.cpp.
  void read_wish(std::uint64_t next, std::string whole);
  void on_wish_read(const fleet_reloaded& no, const std::shared_ptr<const proposed_content>& found);
  /// What becomes of the wish there is now when the store says nothing.
  [[nodiscard]] answer wish_unanswered(std::string detail) const;
  /// Nothing has been proposed for this wish yet.
  [[nodiscard]] bool is_open(std::uint64_t id) const;
  void end_wish(fleet_reloaded x);
  void end_wish(refusal why, std::string detail);

  // What has been proposed: fleet_keeper_proposal.cpp.
  void look_at_proposal(const stored_version& x);
  void get_ready(const stored_version& x);
  void load_version(const stored_version& row, const std::shared_ptr<const std::string>& content);
  void on_loaded(std::uint64_t number, fleet_version_ptr made, const std::string& why);
  /// Its content could not be read: that is tried again.
  void not_ready_yet(std::uint64_t number);
  void on_ready(std::uint64_t number, const std::string& why);
  /// The agents that are new in it run, wherever they are to run, or are known not to.
  void look_at_agents();

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  fleet_keeper_config config_;
  caf::actor clerk_; ///< does what blocks
  table_view table_;
  std::optional<wish> wish_;
  std::uint64_t wishes_ = 0;
  /// By number: they are answered with what the table says after they have come.
  std::map<std::uint64_t, caf::response_promise> views_;
  std::uint64_t last_view_ = 0;
  std::optional<getting_ready> preparing_;
  node_versions saying_;           ///< what is true of this node
  std::string said_;               ///< what the table has of it, as text
  std::set<std::uint64_t> failed_; ///< versions that could not be made ready; not tried again
  bool asking_ = false;
  timestamp asked_{};
  timestamp armed_ = no_deadline;
};

caf::behavior fleet_keeper(caf::stateful_actor<fleet_keeper_state>* self, parts_ptr parts,
                           fleet_keeper_config config);

/// A change as people and the table of versions see it.
[[nodiscard]] json to_json(const fleet_change& x);
/// What is kept with a version beside its content.
[[nodiscard]] std::string about_text(const fleet_spec& fleet, const fleet_change& change,
                                     const std::string& by);
/// Makes a version that the table has ready to be used here. Blocks; throws `std::runtime_error`
/// with a sentence.
[[nodiscard]] fleet_version_ptr make_stored_version(const stored_version& row,
                                                    const std::string& content,
                                                    const fleet_keeper_config& with);
/// Puts the numbers of agents back that `about_text` has kept.
void use_about(fleet_spec& fleet, const std::string& about);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_versions, TROUPE_FIRST_TYPE_ID + 150)
TROUPE_MESSAGE(troupe_versions, troupe::reload_fleet)
TROUPE_MESSAGE(troupe_versions, troupe::fleet_reloaded)
TROUPE_MESSAGE(troupe_versions, troupe::view_versions)
TROUPE_MESSAGE(troupe_versions, troupe::versions_viewed)
TROUPE_MESSAGE(troupe_versions, troupe::at_fleet_keeper)
TROUPE_MESSAGE(troupe_versions, troupe::version_job)
TROUPE_END_MESSAGES(troupe_versions)
