#pragma once

#include <troupe/budget.hpp>
#include <troupe/fleet.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The account of one limit that holds for a call.
struct budget_account {
  std::string name; ///< in the store: the same on every node
  budget_scope scope = budget_scope::day;
  std::string of; ///< the domain that sets the limit; empty: the fleet
  budget_amount limit = budget_amount::unlimited();
  timestamp ends = timestamp::max(); ///< of a day: when the next one begins
  timestamp until{};                 ///< the account may be forgotten afterwards
};

/// For whom a call of a model is made, as far as limits go by it.
struct budget_party {
  std::string domain; ///< of the agent
  std::string task;   ///< the customer's task
  std::string session;
  std::string customer;
};

/// Whom a task's calls are made for. Sub-tasks count as the customer's task that they are for.
[[nodiscard]] budget_party party_of(const task_ptr& about, std::string domain);

/// The customer's task that `id` is, or is a part of.
[[nodiscard]] std::string_view root_of(std::string_view id) noexcept;
/// The domain of the customer's task, and `skill`: what costs are added up by.
[[nodiscard]] std::string workflow_of(const task_ptr& about, std::string_view domain,
                                      std::string_view skill);

/// The day that `now` lies in, counted from 1970, and its end. `offset`: how far east of Greenwich
/// midnight is.
[[nodiscard]] std::int64_t day_of(timestamp now, std::chrono::minutes offset) noexcept;
[[nodiscard]] timestamp end_of_day(timestamp now, std::chrono::minutes offset) noexcept;
/// `2026-11-21`
[[nodiscard]] std::string day_text(std::int64_t day);

/// The account of a limit on the day of `of`; empty: the fleet's.
[[nodiscard]] budget_account day_account(const std::string& of, const budget_amount& limit,
                                         std::chrono::minutes offset, timestamp now);

/// How long accounts of tasks and sessions are kept after their last use.
inline constexpr std::chrono::hours budget_kept{24 * 30};

/// Adds those of the limits that `of` sets which hold for a call.
void add_accounts(std::vector<budget_account>& to, const std::string& of,
                  const budget_limits& limits, std::chrono::minutes offset, const budget_party& who,
                  timestamp now);

/// All limits that hold for a call: the fleet's and those of the domain and of the domains that it
/// lies in. `domains` gives a domain by its path, or null. A tenant is a customer: limits on the
/// day of a domain are the team's own.
template <class Find>
[[nodiscard]] std::vector<budget_account> accounts_of(const budget_rules& rules, Find&& domains,
                                                      const budget_party& who, timestamp now) {
  std::vector<budget_account> out;
  add_accounts(out, {}, rules.limits, rules.utc_offset, who, now);
  for (std::size_t end = 0; end != std::string::npos && !who.domain.empty();) {
    end = who.domain.find('/', end + 1);
    const auto path = who.domain.substr(0, end);
    if (const domain_spec* d = domains(path))
      add_accounts(out, path, d->budgets, rules.utc_offset, who, now);
  }
  return out;
}

/// What a request is taken to use at most: every two bytes of what is sent as a token, and the
/// longest answer. English has about four bytes to a token, JSON and most other languages about
/// three; what is used beyond it is charged all the same.
[[nodiscard]] usage most_of(const model_request& what, const model_spec& model);

/// What is charged for a call, to the limits and in the reports: its usage. When the provider may
/// have worked and nobody knows how much, `most`; when it did nothing, or was not asked, nothing,
/// and no call.
[[nodiscard]] usage charge_of(const model_reply& reply, const usage& most);

/// How an agent goes on when its budgets are as far used up as `share`.
struct budget_stance {
  double share = 0;  ///< of the limit that is used up most
  std::string limit; ///< that one, in words
  bool tight = false;
};

/// Which of an agent's models is asked when money is tight: the one that is declared for it, else
/// the cheapest one from `at` on, by the price of as many tokens read as written. `declared`: its
/// index; `models.size()`: none.
[[nodiscard]] std::size_t cheaper_model(const std::vector<const model_spec*>& models,
                                        std::size_t at, std::size_t declared) noexcept;
/// Answers with tools when money is tight: half of them.
[[nodiscard]] constexpr std::uint32_t tight_steps(std::uint32_t steps) noexcept {
  return steps <= 1 ? steps : steps / 2;
}

/// `the day of support`, `a task`, `customer acme in support`
[[nodiscard]] std::string words_of(const budget_account& x);

} // namespace troupe
