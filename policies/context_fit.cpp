#include "policies/context_fit.hpp"

#include "policies/context_forward.hpp"
#include "policies/llm_talk.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t short_text = 400; ///< bytes that a shortened text keeps at first
constexpr std::size_t least_text = 80;

/// A tool's words in short: their summary where they are JSON, their beginning where they are not.
std::string shortened_words(const std::string& text) {
  auto said = json::parse(inside_data(text), nullptr, false);
  if (!said.is_object())
    return beginning_of(text, short_text) + " (shortened)";
  if (said.contains("error"))
    return text;
  auto out = forwarded(said, forwarding::summary);
  out["shortened"] = true;
  return in_place_of(text, out);
}

/// Cuts every text within `value` that is longer than `most`. True: there was one.
bool cut_texts(json& value, std::size_t most) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    if (text.size() <= most)
      return false;
    text = beginning_of(text, most) + " (shortened)";
    return true;
  }
  bool any = false;
  if (value.is_structured())
    for (auto& inner : value)
      any = cut_texts(inner, most) || any;
  return any;
}

class fitter {
 public:
  fitter(std::vector<chat_message>& messages, std::size_t most)
      : messages_(messages)
      , most_(most) {
    out_.before = out_.after = context_bytes(messages);
  }

  context_fit run() {
    std::size_t last_wish = 0;
    for (std::size_t i = 0; i < messages_.size(); ++i)
      if (messages_[i].role == chat_role::assistant)
        last_wish = i;
    shorten_tools(0, last_wish);
    shorten_tools(last_wish, messages_.size());
    if (out_.after > most_)
      shorten_document();
    return out_;
  }

 private:
  void put(chat_message& x, std::string text) {
    if (text.size() >= x.text.size())
      return;
    out_.after -= x.text.size() - text.size();
    ++out_.shortened;
    x.text = std::move(text);
  }

  void shorten_tools(std::size_t from, std::size_t to) {
    for (auto i = from; i < to && out_.after > most_; ++i)
      if (messages_[i].role == chat_role::tool)
        put(messages_[i], shortened_words(messages_[i].text));
  }

  void shorten_document() {
    const auto user = std::find_if(messages_.begin(), messages_.end(),
                                   [](const auto& x) { return x.role == chat_role::user; });
    if (user == messages_.end())
      return;
    auto document = json::parse(inside_data(user->text), nullptr, false);
    if (!document.is_object())
      return;
    const auto settle = [&] {
      return context_bytes_with(*user, in_place_of(user->text, document)) <= most_;
    };
    if (document.contains("input") && document["input"].is_object() &&
        document["input"].contains("previous"))
      document["input"]["previous"] =
          forwarded(document["input"]["previous"], forward_rules{forwarding::summary, {}});
    // The request is what all is about: it is never cut.
    for (auto size = short_text * 8; !settle() && size >= least_text; size /= 2)
      for (const char* part : {"input", "context", "knowledge"})
        if (const auto hit = document.find(part); hit != document.end())
          cut_texts(*hit, size);
    put(*user, in_place_of(user->text, document));
  }

  [[nodiscard]] std::size_t context_bytes_with(const chat_message& x,
                                               const std::string& text) const {
    return out_.after - x.text.size() + text.size();
  }

  std::vector<chat_message>& messages_;
  std::size_t most_;
  context_fit out_;
};

} // namespace

std::size_t context_bytes(const std::vector<chat_message>& messages) {
  std::size_t out = 0;
  for (const auto& m : messages) {
    out += m.text.size();
    for (const auto& c : m.calls)
      out += c.name.size() + as_text(c.arguments).size();
  }
  return out;
}

context_fit fit_context(std::vector<chat_message>& messages, std::size_t most) {
  if (context_bytes(messages) <= most)
    return {context_bytes(messages), context_bytes(messages), 0};
  return fitter{messages, most}.run();
}

} // namespace troupe
