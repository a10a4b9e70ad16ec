#include "examples/customer-support/backend/request.hpp"

#include <algorithm>

namespace troupe::support {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
bool is_word(char c) {
  const char l = lower(c);
  return is_digit(c) || (l >= 'a' && l <= 'z') || (static_cast<unsigned char>(c) & 0x80);
}

/// The member `key` of `object` if both are what they should be; else empty.
std::string string_at(const json& object, const char* key) {
  if (!object.is_object())
    return {};
  const auto i = object.find(key);
  return i != object.end() && i->is_string() ? i->get<std::string>() : std::string{};
}

constexpr std::size_t longest_number = 15;

/// The only order that the whole message names, as triage has found it: a part of the message that
/// names none ("and refund it") is about that one, unless it speaks of another.
std::string order_of_message(const agent_call& call) {
  if (!call.input.is_object() || says(call.text, {"other", "another"}))
    return {};
  const auto entities = call.input.find("entities");
  if (entities == call.input.end() || !entities->is_array())
    return {};
  std::string out;
  for (const auto& e : *entities) {
    if (string_at(e, "type") != "order")
      continue;
    auto value = string_at(e, "value");
    const auto id = order_in(value.starts_with("LF") ? value : "#" + value);
    if (!out.empty() && id != out)
      return {};
    out = id;
  }
  return out;
}

} // namespace

std::optional<client> find_client(database& db, const std::string& id) {
  auto row = db.ask("SELECT id, name, email, tier, card_last4 FROM customers WHERE id = ?", id);
  if (!row.next())
    return std::nullopt;
  return client{row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)};
}

std::string customer_of(const agent_call& call) {
  auto id = string_at(call.context, "customer_id");
  if (id.empty() && call.about)
    id = call.about->who.id;
  std::transform(id.begin(), id.end(), id.begin(), upper);
  return id;
}

std::string order_in(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i]))
      continue;
    auto end = i;
    while (end < text.size() && is_digit(text[end]))
      ++end;
    const auto digits = text.substr(i, end - i);
    const auto before = text.substr(0, i);
    // "LF-10234" and, as many write it, "lf10234".
    const auto prefix = i > 0 && before[i - 1] == '-' ? before.substr(0, i - 1) : before;
    const auto p = prefix.size();
    const bool ours = p >= 2 && lower(prefix[p - 2]) == 'l' && lower(prefix[p - 1]) == 'f' &&
                      (p == 2 || !is_word(prefix[p - 3]));
    const bool marked = ours || (i > 0 && before[i - 1] == '#');
    // Part of a word or of an amount: `C-1001`, `txn_700103`, `$12000`, `12000.50`.
    const bool inside = !marked && i > 0 &&
                        (is_word(before[i - 1]) || before[i - 1] == '-' || before[i - 1] == '_' ||
                         before[i - 1] == '$' || before[i - 1] == '.' || before[i - 1] == ',');
    const bool amount =
        end + 1 < text.size() && (text[end] == '.' || text[end] == ',') && is_digit(text[end + 1]);
    if (!inside && !amount && digits.size() <= longest_number &&
        digits.size() >= (marked ? 4u : 5u))
      return "LF-" + std::string{digits};
    i = end - 1;
  }
  return {};
}

std::string order_of(const agent_call& call) {
  auto id = string_at(call.input, "order_id");
  if (id.empty())
    id = order_in(call.text);
  if (id.empty() && call.input.is_object() && call.input.contains("item"))
    id = string_at(call.input["item"], "order_id");
  if (id.empty())
    id = order_of_message(call);
  if (id.empty() && call.input.is_object()) {
    const auto previous = call.input.find("previous");
    if (previous != call.input.end() && previous->is_object())
      for (const auto& [name, result] : previous->items())
        if (result.is_object() && result.contains("data") && id.empty())
          id = string_at(result["data"], "order_id");
  }
  if (id.empty())
    id = string_at(call.context, "order_id");
  std::transform(id.begin(), id.end(), id.begin(), upper);
  return id;
}

bool says(std::string_view text, std::initializer_list<std::string_view> words) {
  std::string low{text};
  std::transform(low.begin(), low.end(), low.begin(), lower);
  return std::any_of(words.begin(), words.end(), [&low](std::string_view word) {
    for (auto at = low.find(word); at != std::string::npos; at = low.find(word, at + 1)) {
      const auto end = at + word.size();
      if ((at == 0 || !is_word(low[at - 1])) && (end == low.size() || !is_word(low[end])))
        return true;
    }
    return false;
  });
}

bool only_asks(std::string_view text) {
  if (says(text, {"i want a", "i want my", "i want the", "i need my", "i'd like my", "give me",
                  "refund me", "pay me back"}))
    return false;
  return says(text, {"can i",    "can we",   "can't i",  "could i",      "could we", "may i",
                     "may we",   "might i",  "should i", "should we",    "do i",     "do we",
                     "must i",   "would i",  "would we", "am i",         "are we",   "is it",
                     "is there", "would it", "if i can", "if we can",    "how to",   "how long",
                     "how late", "how much", "what if",  "what happens", "whether",  "wonder",
                     "wondering"}) ||
         (text.find_last_not_of(" \t\n") != std::string_view::npos &&
          text[text.find_last_not_of(" \t\n")] == '?' &&
          !says(text, {"you", "please", "pls", "somebody", "someone", "anybody", "anyone"}));
}

outcome reply(std::string text, json data, double confidence) {
  outcome out;
  out.text = std::move(text);
  out.data = std::move(data);
  if (!out.data.contains("source"))
    out.data["source"] = "database";
  out.confidence = confidence;
  return out;
}

outcome ask_for(std::string_view missing, std::string text) {
  return reply(
      std::move(text),
      {{"status", "needs_input"}, {"missing", json::array({missing})}, {"source", "rules"}}, 0.5);
}

outcome not_on_account(const std::string& order, std::string_view so) {
  return reply("I can't find an order " + order + " on your account, so " + std::string{so} +
                   ". Could you check the number?",
               {{"status", "not_found"}, {"order_id", order}, {"missing", {"order_id"}}}, 0.6);
}

bool has_order(database& db, const client& who, const std::string& order) {
  return db.ask("SELECT 1 FROM orders WHERE id = ? AND customer_id = ?", order, who.id).next();
}

std::string listed(const std::vector<std::string>& things) {
  std::string out;
  for (std::size_t i = 0; i < things.size(); ++i) {
    if (i > 0)
      out += things.size() == 2 ? " and " : i + 1 == things.size() ? ", and " : ", ";
    out += things[i];
  }
  return out;
}

} // namespace troupe::support
