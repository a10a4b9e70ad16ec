#pragma once

#include "actors/live_task.hpp"
#include "actors/seat_messages.hpp"
#include "policies/routing.hpp"

#include <troupe/fleet.hpp>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

class arm_book;

/// Under what a step's calls are learned of: its intent, or its skill where it has none.
[[nodiscard]] std::string_view learned_intent(const domain_spec& domain, std::string_view step,
                                              std::string_view skill);
/// Why `classifier` has taken somebody: the score of what fits it best; null: nothing does.
[[nodiscard]] std::string fit_words(const intent_score* best);
/// The agent of a seat: its replicas learn together.
[[nodiscard]] std::string_view arm_of(std::string_view seat) noexcept;

/// Chooses agents for steps: reads the gauges of the candidates' seats, lets the routing policy
/// decide and writes down why. Used by one orchestrator; keeps its scratch memory between calls.
class dispatcher {
 public:
  /// Skills with more agents than `exact` are routed over `window` neighbours at a random place, so
  /// that a decision costs the same among ten agents and a hundred thousand (Mitzenmacher, "The
  /// Power of Two Choices", 2001: a few random candidates come close to the best of all). When all
  /// in the window are barred, all are looked at.
  static constexpr std::size_t exact = 16;
  static constexpr std::size_t window = 4;
  /// The same for `learned` and `classifier`, whose candidates differ more: they are there to find
  /// the one that is best.
  static constexpr std::size_t exact_learned = 64;
  static constexpr std::size_t window_learned = 16;
  /// For as many decisions the window stays among so many neighbours, unless they are busy. Their
  /// seats are fetched from memory together, and are at hand for those that follow.
  static constexpr std::size_t block = 32;
  /// So many candidates are written down; the chosen one is always among them.
  static constexpr std::size_t shown = 8;

  /// `node`: whose decisions these are; empty: it is alone, and no decision says where.
  explicit dispatcher(const domain_spec& domain, std::string node = {})
      : domain_(domain)
      , node_(std::move(node)) {}

  void use(routing_table_ptr table) {
    table_ = std::move(table);
    blocks_.clear();
  }
  [[nodiscard]] const routing_table_ptr& table() const noexcept { return table_; }

  /// From this stage of overload on, agents are spared that say so.
  void spare_from(std::uint32_t stage) noexcept { stage_ = stage; }

  /// Where `learned` looks; without it, nothing has ever been learned.
  void learn_from(std::shared_ptr<const arm_book> arms) noexcept { arms_ = std::move(arms); }

  /// Whose breaker waits for the end of a call.
  static constexpr std::uint8_t agents_probe = 1, providers_probe = 2;

  struct choice {
    route_ptr why;
    seat_ptr to;            ///< null: nobody
    std::uint8_t probe = 0; ///< what the call is a probe of
  };
  /// `only`: the agent, all its replicas, that it has to be whatever the step asks for; empty:
  /// none. `own`: the replicas that serve the session, of which so many turns in a row have ended
  /// badly.
  [[nodiscard]] choice choose(const live_task& t, std::uint32_t step, std::uint64_t dice,
                              timestamp now, std::string_view only = {},
                              const std::vector<std::string>* own = nullptr,
                              std::uint32_t former_failures = 0);
  /// Somebody offers what the step wants, and all who do are down: they may come back.
  [[nodiscard]] bool all_down(const live_task& t, std::uint32_t step,
                              std::string_view only = {}) const;
  /// A call that was to be a probe is not made: it has shown nothing.
  static void give_back(seat& place, std::uint8_t probe, timestamp now);

 private:
  [[nodiscard]] const std::vector<seat_ptr>* candidates_for(const plan_run::target& target) const;
  struct neighbours {
    std::size_t at = 0;
    std::size_t left = 0; ///< decisions
  };
  /// Where among many seats a window begins.
  [[nodiscard]] static std::size_t window_at(const std::vector<seat_ptr>& all, neighbours& now,
                                             std::uint64_t dice);
  /// Gathers the seats to choose among and asks for their memory.
  void approach(const std::vector<seat_ptr>& all, std::size_t from, std::size_t count,
                const std::vector<std::string>* own);
  /// Reads them.
  void look_at_all(const plan_run::step_state& state, timestamp now,
                   const std::vector<std::string>* own);
  /// Draws for the candidates, and writes down what for.
  void draw_arms(const live_task& t, std::uint32_t step, const route_wish& wish, route& why);
  /// Compares what the step may be about with what the candidates are there for.
  void weigh_content(const plan_node& step);
  void look_at_breakers(const seat& place, candidate& c, timestamp now) const;
  [[nodiscard]] bool enter(const seat_ptr& place, std::uint8_t& probe, timestamp now) const;
  void tell_of_breakers(std::string& because, timestamp now) const;
  void tell_of_absent(std::string& because) const;

  const domain_spec& domain_;
  const std::string node_;
  routing_table_ptr table_ = std::make_shared<const routing_table>();
  std::unordered_map<const std::vector<seat_ptr>*, neighbours> blocks_; ///< by entry of the table
  std::vector<const seat_ptr*> seats_;
  std::vector<candidate> candidates_;
  route_choice choice_;
  std::uint32_t stage_ = 0;
  std::shared_ptr<const arm_book> arms_;
  std::string learned_because_; ///< of the decision that is being made
  /// The same by `classifier`: for each candidate what of the step fits it best; null: nothing.
  std::vector<const intent_score*> fits_;
};

} // namespace troupe
