#include "policies/planner.hpp"

#include "policies/composite.hpp"
#include "policies/priority.hpp"
#include "policies/standing.hpp"
#include "policies/step_order.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <set>
#include <vector>

namespace troupe {

namespace {

static_assert(understanding::max_clauses <= step_order::max_steps);

constexpr std::string_view root_name = "answer";
constexpr std::string_view unclear_name = "unclear";
/// Of a clause that is passed over.
constexpr std::size_t no_draft = ~std::size_t{0};

/// "Please cancel it": what is meant stands before. English, as the rules that split a message.
bool leans_back(std::string_view clause) {
  static constexpr std::array<std::string_view, 5> words{"it", "that", "this", "them", "one"};
  constexpr auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
  };
  for (std::size_t at = 0; at < clause.size();) {
    auto end = at;
    std::string word;
    for (; end < clause.size() && letter(clause[end]); ++end)
      word += clause[end] >= 'A' && clause[end] <= 'Z' ? static_cast<char>(clause[end] + 32)
                                                       : clause[end];
    if (std::find(words.begin(), words.end(), word) != words.end())
      return true;
    at = std::max(end, at + 1);
  }
  return false;
}

/// A step before it has its place: one clause, or neighbours that want the same.
struct draft {
  const intent_spec* spec = nullptr; ///< null: unclear
  std::string intent;                ///< or the skill, where there is no intent
  std::string text;
  std::string why;
  double confidence = 1;
  std::uint32_t clauses = 1;
  bool after_previous = false;
  std::vector<intent_score> scores = {};
};

/// Adds what another clause of the same step may be about.
void add_scores(std::vector<intent_score>& to, const understood_clause& c) {
  const auto add = [&](const std::string& intent, float score) {
    for (auto& known : to)
      if (known.intent == intent) {
        known.score = std::max(known.score, score);
        return;
      }
    to.push_back({intent, score});
  };
  for (const auto& s : c.scores)
    add(s.intent, s.score);
  if (c.scores.empty() && !c.intent.empty())
    add(c.intent, static_cast<float>(c.confidence));
}

std::string two_digits(double x) {
  std::array<char, 16> out;
  const auto end = std::to_chars(out.begin(), out.end(), x, std::chars_format::fixed, 2);
  return end.ec == std::errc{} ? std::string{out.begin(), end.ptr} : std::string{};
}

/// Names that are taken once.
class name_desk {
 public:
  std::string take(const std::string& wanted) {
    auto name = wanted;
    for (std::uint32_t n = 2; !taken_.insert(name).second; ++n)
      name = wanted + "_" + std::to_string(n);
    return name;
  }

 private:
  std::set<std::string, std::less<>> taken_;
};

class planner {
 public:
  planner(const plan_wish& wish, const understanding& what)
      : wish_(wish)
      , what_(what)
      , domain_(*wish.domain)
      , by_content_(domain_.routing.uses(route_strategy::classifier)) {}

  std::optional<plan_node> run(std::string& problem) {
    if (what_.clauses.empty() || what_.clauses.size() > understanding::max_clauses) {
      problem = "a message is understood as 1 to " + std::to_string(understanding::max_clauses) +
                " clauses";
      return std::nullopt;
    }
    if (!read_drafts(problem))
      return std::nullopt;
    weigh();
    const auto order = dependencies();
    const auto groups = order.groups();
    if (groups.size() > 1)
      (void)names_.take(std::string{root_name});
    std::vector<plan_node> steps;
    steps.reserve(drafts_.size());
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      auto step = make_step(i, order, problem);
      if (!step)
        return std::nullopt;
      steps.push_back(std::move(*step));
    }
    std::vector<plan_node> parts;
    parts.reserve(groups.size());
    for (const auto& g : groups)
      parts.push_back(in_order(g, steps));
    if (parts.size() == 1)
      return with_synthesis(std::move(parts.front()));
    return with_synthesis(joined(plan_op::parallel, std::string{root_name}, std::move(parts)));
  }

 private:
  const intent_spec* known(const understood_clause& c) const {
    const auto hit = domain_.understanding.intents.find(c.intent);
    return c.accepted && hit != domain_.understanding.intents.end() ? &hit->second : nullptr;
  }

  static std::string why_unclear(const understood_clause& c, const std::string& domain) {
    if (c.intent.empty())
      return "no intent was found";
    const auto intent = "intent " + c.intent + " " + two_digits(c.confidence);
    return c.accepted ? intent + " is not one of domain " + domain : intent + " was not accepted";
  }

  /// What a clause without an intent asks for by its skill; null: it does not.
  const intent_spec* by_skill(const understood_clause& c) {
    for (const auto& x : made_)
      if (x->skill == c.skill && x->domain == c.domain)
        return x.get();
    auto x = std::make_unique<intent_spec>();
    x->skill = c.skill;
    x->domain = c.domain == domain_.path ? std::string{} : c.domain;
    made_.push_back(std::move(x));
    return made_.back().get();
  }

  /// The clauses are greetings and the like, no wish among them.
  bool nothing_wanted() const {
    return std::all_of(what_.clauses.begin(), what_.clauses.end(), [&](const auto& c) {
      const auto* spec = known(c);
      return spec && spec->alone;
    });
  }

  bool read_drafts(std::string& problem) {
    drafts_.reserve(what_.clauses.size());
    const bool nothing_else = nothing_wanted();
    for (const auto& c : what_.clauses) {
      const auto* spec = known(c);
      if (spec && spec->alone && !nothing_else) {
        of_clause_.push_back(no_draft);
        continue;
      }
      const bool skilled = !spec && c.accepted && c.intent.empty() && !c.skill.empty();
      if (skilled) {
        problem = why_not_by_skill(domain_, c.skill, c.domain == domain_.path ? "" : c.domain);
        if (!problem.empty())
          return false;
        spec = by_skill(c);
      }
      // What is said to come after others is a step of its own: joined to its neighbour it would
      // have to wait for itself.
      const bool apart = !c.after.empty();
      if (!drafts_.empty() && drafts_.back().spec == spec && !apart) {
        auto& last = drafts_.back();
        last.text += "; " + c.text;
        last.confidence = std::min(last.confidence, c.confidence);
        ++last.clauses;
        if (by_content_)
          add_scores(last.scores, c);
        of_clause_.push_back(drafts_.size() - 1);
        continue;
      }
      of_clause_.push_back(drafts_.size());
      drafts_.push_back({spec,
                         skilled ? c.skill
                         : spec  ? c.intent
                                 : std::string{},
                         c.text, spec ? std::string{} : why_unclear(c, domain_.path), c.confidence,
                         1, c.after_previous});
      if (by_content_)
        add_scores(drafts_.back().scores, c);
    }
    if (drafts_.size() == 1 && !drafts_.front().spec)
      drafts_.front().text = wish_.text;
    drafts_.front().after_previous = false;
    return true;
  }

  /// What of customer and history bears on urgency, the same for every step.
  void weigh() {
    const standing who{wish_.tier, wish_.former_failures};
    raise_ = raise_for(domain_.routing, who);
    if (const auto why = why_raised(domain_.routing, who); !why.empty())
      because_ = "; " + why;
  }

  step_order dependencies() const {
    step_order out{drafts_.size()};
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      if (drafts_[i].after_previous)
        out.wait(i, i - 1);
      for (std::size_t c = 0; c < of_clause_.size(); ++c)
        if (of_clause_[c] == i)
          for (const auto before : what_.clauses[c].after)
            if (before < of_clause_.size() && of_clause_[before] != no_draft)
              out.wait(i, of_clause_[before]);
      if (!drafts_[i].spec)
        continue;
      const auto& after = drafts_[i].spec->after;
      for (std::size_t j = 0; j < drafts_.size(); ++j)
        if (drafts_[j].spec &&
            std::find(after.begin(), after.end(), drafts_[j].intent) != after.end())
          out.wait(i, j);
    }
    return out;
  }

  std::string note_for(std::size_t i, const step_order& order) const {
    const auto& d = drafts_[i];
    auto out = d.spec ? "intent " + d.intent + " " + two_digits(d.confidence) : "unclear: " + d.why;
    if (d.clauses > 1)
      out += "; " + std::to_string(d.clauses) + " clauses";
    for (std::size_t j = 0; j < drafts_.size(); ++j)
      if (order.needs(i).test(j))
        out += "; after " + (drafts_[j].spec ? drafts_[j].intent : std::string{unclear_name});
    return out + because_;
  }

  /// Whether the message names one thing of that type and no other.
  bool only_one(const json& entity) const {
    return std::all_of(what_.entities.begin(), what_.entities.end(), [&](const json& x) {
      return x.at("type") != entity.at("type") || x.at("value") == entity.at("value");
    });
  }

  json entities_for(const draft& d) const {
    if (what_.entities.empty())
      return {};
    json out = json::array();
    const auto in = [](const std::string& text, const json& value) {
      const auto words = value.is_string() ? value.get<std::string>() : value.dump();
      return text.find(words) != std::string::npos;
    };
    const bool leans = leans_back(d.text);
    for (const auto& entity : what_.entities) {
      const auto& value = entity.at("value");
      const bool elsewhere = std::any_of(drafts_.begin(), drafts_.end(),
                                         [&](const auto& x) { return in(x.text, value); });
      if (in(d.text, value) || !elsewhere || (leans && only_one(entity)))
        out.push_back(entity);
    }
    return out.empty() ? json{} : json{{"entities", std::move(out)}};
  }

  std::optional<plan_node> make_step(std::size_t i, const step_order& order, std::string& problem) {
    const auto& d = drafts_[i];
    plan_node step;
    step.scores = d.scores;
    step.text = d.text;
    step.note = note_for(i, order);
    step.input = entities_for(d);
    auto base = d.spec ? d.spec->urgency : wish_.urgency;
    if (wish_.urgency < priority::medium)
      base = more_urgent(base, wish_.urgency);
    step.urgency = raised(base, raise_);
    if (d.spec) {
      step.op = d.spec->domain.empty() ? plan_op::call : plan_op::domain;
      step.skill = d.spec->skill;
      step.target = d.spec->domain;
      step.fallback = d.spec->fallback;
      if (step.op == plan_op::call && step.skill.empty()) {
        problem = "intent " + d.intent + " of domain " + domain_.path +
                  " names neither a skill nor a domain";
        return std::nullopt;
      }
    } else if (!aim_unclear(step, problem)) {
      problem += ": " + d.why + ": \"" + d.text + "\"";
      return std::nullopt;
    }
    step.name = names_.take(d.spec ? d.intent : std::string{unclear_name});
    if (domain_.plans.empty())
      return step;
    return expand_composite(domain_, std::move(step),
                            [this](const std::string& name) { return names_.take(name); });
  }

  bool aim_unclear(plan_node& step, std::string& problem) const {
    static constexpr std::string_view human = "human:";
    const auto& unclear = domain_.understanding.unclear;
    if (unclear.empty() || unclear == human) {
      problem = "domain " + domain_.path + " names nobody for what is unclear";
      return false;
    }
    if (unclear.starts_with(human)) {
      step.op = plan_op::human;
      step.target = unclear.substr(human.size());
    } else {
      step.skill = unclear;
    }
    return true;
  }

  plan_node joined(plan_op op, std::string name, std::vector<plan_node> parts) const {
    plan_node out;
    out.op = op;
    out.name = std::move(name);
    out.how = domain_.answer == join::synthesis ? join::concatenate : domain_.answer;
    out.children = std::move(parts);
    for (const auto& part : out.children)
      out.urgency = more_urgent(out.urgency, part.urgency);
    return out;
  }

  /// The outermost group of several wishes, with the step that makes one answer of theirs.
  plan_node with_synthesis(plan_node root) {
    if (domain_.answer != join::synthesis || domain_.synthesiser.empty() || drafts_.size() < 2)
      return root;
    plan_node last;
    last.name = names_.take("synthesis");
    last.skill = domain_.synthesiser;
    last.text = std::string{wish_.text};
    last.urgency = root.urgency;
    last.note = "makes one answer of several";
    // What the domain calls by one name means one thing.
    auto agree_on = json::array();
    for (const auto& [field, about] : domain_.context)
      agree_on.push_back(field);
    last.input = {{"agree_on", std::move(agree_on)}};
    root.how = join::synthesis;
    root.children.push_back(std::move(last));
    return root;
  }

  plan_node in_order(const step_order::group& g, std::vector<plan_node>& steps) {
    if (g.size() == 1 && g.front().size() == 1)
      return std::move(steps[g.front().front()]);
    std::vector<plan_node> line;
    for (const auto& level : g) {
      std::vector<plan_node> at_once;
      at_once.reserve(level.size());
      for (auto i : level)
        at_once.push_back(std::move(steps[i]));
      if (at_once.size() == 1)
        line.push_back(std::move(at_once.front()));
      else
        line.push_back(joined(plan_op::parallel, names_.take("together"), std::move(at_once)));
    }
    if (line.size() == 1)
      return std::move(line.front());
    return joined(plan_op::sequence, names_.take("in_order"), std::move(line));
  }

  const plan_wish& wish_;
  const understanding& what_;
  const domain_spec& domain_;
  const bool by_content_; ///< somebody's steps are routed by what they are about
  std::vector<draft> drafts_;
  std::vector<std::size_t> of_clause_;             ///< the draft of each clause, or `no_draft`
  std::vector<std::unique_ptr<intent_spec>> made_; ///< for clauses that name a skill
  name_desk names_;
  int raise_ = 0;
  std::string because_;
};

} // namespace

std::optional<plan_node> make_plan(const plan_wish& wish, const understanding& what,
                                   std::string& problem) {
  return planner{wish, what}.run(problem);
}

} // namespace troupe
