#pragma once

#include "actors/screening.hpp"
#include "src/text/sanitize.hpp"
#include "src/tools/json_schema.hpp"

#include <troupe/agent.hpp>
#include <troupe/fleet.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What an agent's team lets in and out: the JSON Schemas of its calls and answers, and what is
/// taken out of the texts that it is given. Compiled once per agent and shared by its replicas;
/// immutable, any thread.
class boundary {
 public:
  /// Null when the agent declares nothing of the kind. Throws `std::runtime_error` with a sentence
  /// when a schema or a rule cannot be used; `troupe validate` says the same with its place.
  /// `domain` holds the rules that the agent may name; null: only the built-in ones.
  static std::shared_ptr<const boundary> of(const agent_spec& spec, const domain_spec* domain);

  /// The call as the agent may see it: without what its rules take out. The same pointer when that
  /// is nothing; otherwise `note` says which rules took how much, and never what.
  [[nodiscard]] agent_call_ptr cleaned(const agent_call_ptr& what,
                                       std::shared_ptr<const std::string>& note) const;

  /// Why the agent must not be given this call: `invalid_input` with every flaw, or nothing. What
  /// the runtime itself adds, `input.errors`, is not held against the schema.
  [[nodiscard]] failure refused_input(const agent_call& what) const;

  /// Why this answer must not leave the agent: `invalid_output` with every flaw, or nothing.
  [[nodiscard]] failure refused_output(const outcome& x) const;

  /// What is held against attempts to take the agent over, and against leaks; null: nothing.
  [[nodiscard]] const screening_ptr& screens() const noexcept { return screens_; }

  /// What is wrong with a request before it is a call: flaws of `/skill`, `/text` and `/input`
  /// only, because a session may still add to the context, and plans to the input.
  [[nodiscard]] std::vector<flaw> flaws_of_request(const std::string& skill,
                                                   const std::string& text, const json& data) const;

 private:
  boundary() = default;

  std::optional<tools::json_schema> takes_;
  std::optional<tools::json_schema> gives_;
  std::optional<text::sanitizer> sanitizer_;
  screening_ptr screens_;
};

using boundary_ptr = std::shared_ptr<const boundary>;

/// Why this answer must not leave the agent: `low_confidence`, or what its boundary (null: it has
/// none) says; or nothing.
[[nodiscard]] failure refused_answer(const agent_spec& spec, const boundary* its, const outcome& x);

/// The flaws as a retry and people get them: `[{pointer, keyword, message}]`.
[[nodiscard]] json to_json(const std::vector<flaw>& flaws);

} // namespace troupe
