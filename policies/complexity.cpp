#include "policies/complexity.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace troupe {

namespace {

constexpr std::array<std::string_view, 16> joining{
    "and", "then", "also", "but",  "after", "before", "besides", "additionally",
    "und", "dann", "auch", "aber", "plus",  "while",  "whereas", "furthermore"};
constexpr std::array<std::string_view, 22> thinking{
    "why",     "compare", "explain",   "if",       "unless",  "except",    "instead", "however",
    "because", "decide",  "analyse",   "analyze",  "plan",    "best",      "between", "versus",
    "warum",   "falls",   "reconcile", "evaluate", "whether", "difference"};

bool is_one_of(std::string_view x, const auto& words) {
  return std::find(words.begin(), words.end(), x) != words.end();
}

/// A word that names something: it holds a digit, or looks like an address.
bool names_something(std::string_view x) {
  return x.find('@') != std::string_view::npos ||
         std::any_of(x.begin(), x.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

} // namespace

request_signs signs_of(std::string_view text, const json& input) {
  request_signs out;
  std::string word;
  bool in_clause = false;
  const auto end_word = [&] {
    if (word.empty())
      return;
    ++out.words;
    in_clause = true;
    if (is_one_of(word, joining))
      ++out.clauses;
    if (is_one_of(word, thinking))
      ++out.reasoning;
    if (names_something(word))
      ++out.entities;
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // A point within a number or an address ends nothing.
    const bool within = (c == '.' || c == ',') && i + 1 < text.size() &&
                        std::isalnum(static_cast<unsigned char>(text[i + 1])) != 0 && !word.empty();
    if (std::isalnum(c) != 0 || c >= 0x80 || c == '@' || c == '-' || c == '_' || within) {
      word += static_cast<char>(std::tolower(c));
      continue;
    }
    end_word();
    if (c == '?')
      ++out.questions;
    if ((c == '.' || c == '!' || c == '?' || c == ';' || c == '\n') && in_clause) {
      ++out.clauses;
      in_clause = false;
    }
  }
  end_word();
  if (in_clause)
    ++out.clauses;
  if (input.is_object())
    if (const auto before = input.find("previous"); before != input.end())
      out.before = before->is_structured() ? before->size() : 1;
  return out;
}

// Weights by hand: a short question about one thing lies near 0.1, each further wish moves it by
// about as much as a condition does.
double complexity_of(const request_signs& x) noexcept {
  const auto n = [](std::size_t value) { return static_cast<double>(value); };
  const double z = -2.6 + 0.012 * n(std::min<std::size_t>(x.words, 200)) +
                   0.5 * (std::max(1.0, n(x.clauses)) - 1) +
                   0.4 * (std::max(1.0, n(x.questions)) - 1) + 0.15 * n(x.entities) +
                   0.9 * n(x.reasoning) + 0.4 * n(x.before);
  return 1 / (1 + std::exp(-z));
}

std::size_t model_record::tenth_of(double complexity) noexcept {
  return static_cast<std::size_t>(std::clamp(complexity * 10, 0.0, 9.0));
}

void model_record::note(double complexity, bool well) noexcept {
  auto& t = tenths_[tenth_of(complexity)];
  (well ? t.good : t.bad) += 1;
  if (t.good + t.bad > record_remembers) {
    t.good /= 2;
    t.bad /= 2;
  }
}

double model_record::expected(double complexity, double threshold) const noexcept {
  constexpr double weight = 8;
  const double first = complexity < threshold ? 0.97 : 0.5;
  const auto& t = tenths_[tenth_of(complexity)];
  return (t.good + weight * first) / (t.good + t.bad + weight);
}

bool asks_simple_model(double complexity, double threshold, const model_record& learned) noexcept {
  return learned.expected(complexity, threshold) >= simple_enough;
}

} // namespace troupe
