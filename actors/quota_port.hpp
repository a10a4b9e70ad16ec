#pragma once

#include "actors/seat.hpp"
#include "src/models/model_port.hpp"

#include <troupe/fleet.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What a fleet says of the limits of its models.
struct quota_plan {
  struct limit {
    std::string name; ///< of the provider, or `provider/model` as the provider knows the model
    std::string provider;
    std::string model; ///< empty: all of the provider's together
    model_limits is;
    milliseconds on_its_way{0}; ///< a request that has no answer has reached the provider then
    milliseconds longest{0};    ///< that a request is under way; zero: nobody limits how many are
  };
  /// Requests that wait in one queue: all of a provider's.
  struct line {
    std::string provider;
    std::size_t queue_limit = 0;
    std::map<std::string, double> tiers;
  };
  /// What requests for one model have to pass.
  struct lane {
    std::size_t line = 0;
    std::vector<std::size_t> limits; ///< the provider's before the model's
    std::uint32_t max_output = 0;    ///< of its model, in tokens
  };
  std::vector<limit> limits;
  std::vector<line> lines;
  std::map<std::string, lane, std::less<>>
      models; ///< by the fleet's name; without limits: not there

  [[nodiscard]] static quota_plan of(const std::vector<provider_spec>& providers,
                                     const std::vector<model_spec>& models);
};

/// A request on its way through the quota. Its caller is answered exactly once, at the latest when
/// nobody holds it any more.
class quota_ticket {
 public:
  quota_ticket(std::uint64_t number, model_request x, const quota_plan::lane& l,
               models::model_port::done_fn f)
      : id(number)
      , what(std::move(x))
      , lane(l)
      , done_(std::move(f)) {}
  ~quota_ticket();
  quota_ticket(const quota_ticket&) = delete;
  quota_ticket& operator=(const quota_ticket&) = delete;

  const std::uint64_t id;
  model_request what;
  const quota_plan::lane& lane;
  std::uint64_t tokens = 0; ///< that it may cost; 0: nobody limits them

  /// Answers the caller, if nobody has.
  void answer(model_reply x);
  /// A refusal that says when to come again.
  void refuse(std::string why, milliseconds retry_after);
  [[nodiscard]] bool answered() const;

 private:
  friend class quota_port;
  mutable std::mutex mutex_;
  models::model_port::done_fn done_;
  std::uint64_t sent_as_ = 0; ///< at the port behind; 0: not yet
  bool passing_ = false;      ///< is being sent, or has been
  bool unwanted_ = false;
};
using quota_ticket_ptr = std::shared_ptr<quota_ticket>;

/// The models' port that keeps to the limits of the fleet's providers: requests for models with
/// limits wait at the node's quota desk until there is room, and only then go to the port behind.
/// While they wait they hold nothing but their place. All others pass.
class quota_port final : public models::model_port {
 public:
  /// `desk`: where the quota desk sits.
  quota_port(std::shared_ptr<models::model_port> behind, quota_plan plan, seat_ptr desk);

  std::uint64_t send(const model_request& what, done_fn done) override;
  void cancel(std::uint64_t id) override;

  /// Requests that nobody has answered yet.
  [[nodiscard]] std::size_t open() const {
    const std::lock_guard hold{open_->mutex};
    return open_->all.size();
  }
  [[nodiscard]] const quota_plan& plan() const noexcept { return plan_; }
  /// For the desk: it is this one's turn. `ended` hears what the answer says of cost and limits.
  void pass(const quota_ticket_ptr& which, milliseconds deadline,
            std::function<void(const model_reply&)> ended);
  /// Whether a limit has had an owner since this process began: outlives the desk.
  [[nodiscard]] bool knows_owner(std::size_t limit) const { return known_[limit]; }
  void note_owner(std::size_t limit) { known_[limit] = true; }

  static constexpr std::size_t open_most = 100000; ///< tickets, waiting and sent

 private:
  /// Requests by their number. Shared with what waits at the port behind, which may outlive us.
  struct open_requests {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::weak_ptr<quota_ticket>> all;
    void forget(std::uint64_t id) {
      const std::lock_guard hold{mutex};
      all.erase(id);
    }
  };

  const std::shared_ptr<models::model_port> behind_;
  const quota_plan plan_;
  const seat_ptr desk_;
  std::unique_ptr<std::atomic<bool>[]> known_;
  const std::shared_ptr<open_requests> open_ = std::make_shared<open_requests>();
  std::uint64_t last_ = first_id; ///< under the lock of `open_`
  /// Apart from the numbers of the port behind, which are small.
  static constexpr std::uint64_t first_id = std::uint64_t{1} << 62;
};

} // namespace troupe
