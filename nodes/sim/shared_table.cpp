#include "nodes/sim/shared_table.hpp"

#include <string_view>
#include <utility>

namespace troupe::sim {

namespace {

constexpr double done_in_doubt = 0.25; ///< of the writes whose answer is lost

class sim_members final : public membership_table {
 public:
  sim_members(const disk& where, std::shared_ptr<membership_table> shared)
      : disk_(where)
      , shared_(std::move(shared)) {
    check();
  }

  member_table read() override {
    check();
    return shared_->read();
  }
  std::optional<std::uint64_t> write(const member_write& w) override {
    if (!disk_.crashed && disk_.failing && disk_.around.chance(done_in_doubt))
      (void)shared_->write(w);
    check();
    const auto out = shared_->write(w);
    if (out && w.row.state == member_state::down)
      disk_.around.declare_dead(w.row.node);
    if (out)
      disk_.around.note("members version " + std::to_string(*out) + " " + w.row.node + " " +
                        std::string{to_string(w.row.state)} + " " +
                        std::to_string(w.row.accused.size()) + " " + w.row.why);
    return out;
  }
  std::optional<std::uint64_t> renew(std::string_view node, std::uint64_t token) override {
    check();
    return shared_->renew(node, token);
  }

 private:
  void check() const {
    if (disk_.crashed || disk_.failing)
      throw store_error{store_error::kind::io, "the store is out of reach"};
  }
  const disk& disk_;
  std::shared_ptr<membership_table> shared_;
};

} // namespace

std::unique_ptr<membership_table> open_members_on(const disk& where,
                                                  std::shared_ptr<membership_table> shared) {
  return std::make_unique<sim_members>(where, std::move(shared));
}

} // namespace troupe::sim
