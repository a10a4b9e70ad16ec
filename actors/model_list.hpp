#pragma once

#include "actors/node_parts.hpp"
#include "policies/circuit_breaker.hpp"

#include <troupe/agent.hpp>
#include <troupe/clock.hpp>
#include <troupe/model.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// Models of the fleet that one agent asks, with the breakers of their providers. Belongs to the
/// agent's runner.
class model_list {
 public:
  /// Throws `std::runtime_error` when there are no models on this node.
  explicit model_list(parts_ptr parts);
  /// Adds the model of that name behind the others; throws `std::runtime_error` when the fleet has
  /// none.
  void add(const std::string& name);

  [[nodiscard]] std::size_t size() const noexcept { return specs_.size(); }
  [[nodiscard]] const model_spec& operator[](std::size_t which) const { return *specs_[which]; }
  [[nodiscard]] const std::vector<const model_spec*>& specs() const noexcept { return specs_; }

  /// Whether the provider's breaker lets a request to this model pass; with `probe` set when it is
  /// one that decides whether the breaker closes.
  [[nodiscard]] bool enter(std::size_t which, timestamp now, bool& probe) const;
  /// When the breaker of this model's provider lets something pass again; `no_deadline`: it does.
  [[nodiscard]] timestamp reopens(std::size_t which, timestamp now) const;
  /// What the model has answered to a request that `enter` let pass, and that was made at `asked`:
  /// counted, and told to the breaker.
  void heard(std::size_t which, const model_reply& x, bool probe, timestamp asked,
             timestamp now) const;

  /// What a reply says of the provider. A limit of ours or of theirs says nothing, nor does an
  /// answer that was kept.
  [[nodiscard]] static call_sign sign_of(const model_reply& x) noexcept;

  /// Asks; the answer comes to `agent` as that turn of the call. Returns the request's number at
  /// the models' port.
  [[nodiscard]] std::uint64_t send(const model_request& what, caf::event_based_actor* agent,
                                   std::uint64_t call, std::uint64_t turn) const;

 private:
  parts_ptr parts_;
  std::vector<const model_spec*> specs_;
  std::vector<provider_ptr> providers_; ///< of each
};

} // namespace troupe
