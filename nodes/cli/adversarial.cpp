#include "nodes/cli/adversarial.hpp"

#include "nodes/cli/text_layout.hpp"
#include "policies/screens/leak.hpp"
#include "policies/screens/screen.hpp"

#include <algorithm>
#include <istream>
#include <stdexcept>

namespace troupe::cli {

namespace {

constexpr std::size_t wrong_most = 100; ///< texts that are kept to be shown

void put(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

screen_action outgoing_action(const json& x, screen_place where) {
  const auto prompt = x.value("prompt", std::string{});
  const auto canary = screens::canary_of("suite/agent", prompt);
  const screens::secret_words secret{prompt, {}, canary};
  screens::known_things known{x.value("customer", std::string{})};
  known.trust(prompt);
  known.trust(where == screen_place::actions ? x.value("text", std::string{})
                                             : x.value("request", std::string{}));
  const auto hosts = x.value("hosts", std::vector<std::string>{});
  const screens::outgoing by{&secret, &known, &hosts, nullptr};
  const auto rule = default_screens(where);
  if (where == screen_place::actions) {
    auto arguments = x.at("arguments");
    auto said = screens::screen_outgoing(arguments, where, rule, by);
    if (x.value("effects", "none") != std::string{"none"})
      said.take(screens::screen(arguments, where, rule));
    return said.action;
  }
  auto text = x.at("text").get<std::string>();
  std::string apart;
  for (const char c : canary)
    apart += std::string{c} + ' ';
  put(text, "${canary-spaced}", apart);
  put(text, "${canary}", canary);
  return screens::screen_outgoing(text, where, rule, by).action;
}

screen_action action_on(const json& x) {
  const auto where = parse_enum<screen_place>(x.at("place").get<std::string>());
  if (!where)
    throw std::runtime_error{"there is no place " + x.at("place").dump()};
  if (*where == screen_place::answers || *where == screen_place::actions)
    return outgoing_action(x, *where);
  auto text = x.at("text").get<std::string>();
  return screens::screen(text, *where, default_screens(*where)).action;
}

void count(mode_figures& to, screen_action done, bool should_stop, const std::string& text) {
  ++to.texts;
  const bool stopped = done >= screen_action::strip;
  to.stopped += stopped ? 1 : 0;
  to.flagged += done == screen_action::flag ? 1 : 0;
  if (stopped != should_stop && to.wrong.size() < wrong_most)
    to.wrong.push_back(text);
}

std::string percent(double x) {
  return number_words(100 * x) + " %";
}

json to_json(const mode_figures& x) {
  return {{"texts", x.texts},
          {"stopped", x.stopped},
          {"flagged", x.flagged},
          {"rate", x.rate()},
          {"wrong", x.wrong}};
}

std::string listed(const mode_figures& x, const std::string& heading) {
  std::string out;
  for (const auto& text : x.wrong)
    out += heading + brief(text, 100) + "\n";
  return out;
}

} // namespace

void adversarial_suite::run(std::istream& planted) {
  std::size_t number = 0;
  for (std::string line; std::getline(planted, line);) {
    ++number;
    if (line.empty())
      continue;
    try {
      const auto x = json::parse(line);
      const bool attack = x.at("attack").get<bool>();
      const auto mode = x.at("mode").get<std::string>();
      count(attack ? attacks_[mode] : look_alikes_, action_on(x), attack,
            x.at("text").get<std::string>());
    } catch (const std::exception& e) {
      throw std::runtime_error{"line " + std::to_string(number) + ": " + e.what()};
    }
  }
}

void adversarial_suite::run_ordinary(std::istream& messages) {
  std::size_t column = 0;
  bool first = true;
  for (std::string line; std::getline(messages, line);) {
    std::vector<std::string> cells(1);
    for (const char c : line)
      if (c == '\t')
        cells.emplace_back();
      else
        cells.back() += c;
    if (std::exchange(first, false) && cells.size() > 1) {
      const auto hit = std::find(cells.begin(), cells.end(), "text");
      if (hit != cells.end()) {
        column = static_cast<std::size_t>(hit - cells.begin());
        continue;
      }
    }
    if (column >= cells.size() || cells[column].empty())
      continue;
    auto text = cells[column];
    count(
        ordinary_,
        screens::screen(text, screen_place::request, default_screens(screen_place::request)).action,
        false, cells[column]);
  }
}

json adversarial_suite::as_json() const {
  json out{{"modes", json::object()},
           {"look_alikes", to_json(look_alikes_)},
           {"ordinary", to_json(ordinary_)}};
  for (const auto& [mode, x] : attacks_)
    out["modes"][mode] = to_json(x);
  return out;
}

std::string adversarial_suite::as_text() const {
  std::vector<std::vector<std::string>> rows;
  const auto row = [&](const std::string& name, const mode_figures& x) {
    rows.push_back({name, std::to_string(x.texts), std::to_string(x.stopped),
                    std::to_string(x.flagged), percent(x.rate())});
  };
  for (const auto& [mode, x] : attacks_)
    row(mode, x);
  row("look-alikes", look_alikes_);
  if (ordinary_.texts > 0)
    row("ordinary messages", ordinary_);
  auto out = table({"failure mode", "texts", "stopped", "flagged", "rate"}, rows, "");
  for (const auto& [mode, x] : attacks_)
    out += listed(x, "passed, " + mode + ": ");
  out += listed(look_alikes_, "false alarm: ");
  return out + listed(ordinary_, "false alarm: ");
}

} // namespace troupe::cli
