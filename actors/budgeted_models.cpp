#include "actors/budgeted_models.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace troupe {

namespace {

/// How long a call waits for what others may give back: of its own time a quarter at most.
constexpr milliseconds patience_most{3000};

class budgeted_models final : public models::model_port,
                              public std::enable_shared_from_this<budgeted_models> {
 public:
  budgeted_models(std::shared_ptr<models::model_port> inner, std::shared_ptr<budget_book> book)
      : inner_(std::move(inner))
      , book_(std::move(book)) {}

  std::uint64_t send(const model_request& what, done_fn done) override {
    const auto one = std::make_shared<exchange>();
    one->what = what;
    one->done = std::move(done);
    std::uint64_t id = 0;
    {
      std::lock_guard hold{mutex_};
      id = ++last_;
      open_.emplace(id, one);
    }
    const auto patience = std::min(patience_most, what.deadline / 4);
    const auto began = std::chrono::steady_clock::now();
    const auto number =
        book_->reserve(what, patience,
                       [self = weak_from_this(), id, one, began](budget_book::ticket paid,
                                                                 const budget_slices::reply& said) {
                         if (const auto me = self.lock())
                           me->decided(id, one, std::move(paid), said, began);
                       });
    std::lock_guard hold{mutex_};
    one->waits = number;
    return id;
  }

  void cancel(std::uint64_t id) override {
    std::shared_ptr<exchange> one;
    std::uint64_t waits = 0;
    std::uint64_t request = 0;
    {
      std::lock_guard hold{mutex_};
      const auto hit = open_.find(id);
      if (hit == open_.end())
        return;
      one = hit->second;
      one->cancelled = true;
      waits = one->waits;
      request = one->request;
    }
    if (request != 0)
      return inner_->cancel(request);
    if (waits != 0 && book_->withdraw(waits))
      end(id, *one, refusal(model_error::cancelled, "given up while it waited for its budget"));
  }

 private:
  struct exchange {
    model_request what;
    done_fn done;
    std::uint64_t waits = 0;   ///< in the book
    std::uint64_t request = 0; ///< at the inner port
    bool cancelled = false;
  };

  static model_reply refusal(model_error why, std::string detail) {
    model_reply out;
    out.error = why;
    out.unsent = true;
    out.detail = std::move(detail);
    return out;
  }

  void end(std::uint64_t id, exchange& one, model_reply reply) {
    {
      std::lock_guard hold{mutex_};
      if (open_.erase(id) == 0)
        return;
    }
    one.done(std::move(reply));
  }

  void decided(std::uint64_t id, const std::shared_ptr<exchange>& one, budget_book::ticket paid,
               const budget_slices::reply& said, std::chrono::steady_clock::time_point began) {
    if (said.answer == budget_answer::refused)
      return end(
          id, *one,
          refusal(model_error::over_budget, "too little is left of the limit on " + said.limit));
    bool cancelled = false;
    {
      std::lock_guard hold{mutex_};
      cancelled = one->cancelled;
    }
    if (cancelled) {
      // It has cost nothing.
      book_->settle(paid, one->what, refusal(model_error::unreachable, {}));
      return end(id, *one, refusal(model_error::cancelled, "given up while it waited"));
    }
    auto& what = one->what;
    what.deadline =
        std::max(milliseconds{1}, what.deadline - std::chrono::duration_cast<milliseconds>(
                                                      std::chrono::steady_clock::now() - began));
    const auto request = inner_->send(
        what, [self = shared_from_this(), id, one, paid = std::move(paid)](model_reply reply) {
          self->book_->settle(paid, one->what, reply);
          self->end(id, *one, std::move(reply));
        });
    {
      std::lock_guard hold{mutex_};
      one->request = request;
      cancelled = one->cancelled && open_.contains(id);
    }
    if (cancelled)
      inner_->cancel(request);
  }

  const std::shared_ptr<models::model_port> inner_;
  const std::shared_ptr<budget_book> book_;
  std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<exchange>> open_;
};

} // namespace

std::shared_ptr<models::model_port> make_budgeted_models(std::shared_ptr<models::model_port> inner,
                                                         std::shared_ptr<budget_book> book) {
  return std::make_shared<budgeted_models>(std::move(inner), std::move(book));
}

} // namespace troupe
