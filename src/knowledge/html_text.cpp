#include "src/knowledge/html_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace troupe::knowledge {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> references{{
    {"&amp;", "&"},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&quot;", "\""},
    {"&#39;", "'"},
    {"&apos;", "'"},
    {"&nbsp;", " "},
    {"&ndash;", "-"},
}};

/// The name in a tag, in lower case; with '/' in front when the tag ends something.
std::string name_of(std::string_view tag) {
  std::string out;
  for (const char c : tag) {
    if (c == '/' && out.empty()) {
      out = "/";
      continue;
    }
    if (std::isalnum(static_cast<unsigned char>(c)) == 0)
      break;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

/// Where `</name` begins in any case of letters, from `at` on.
std::size_t end_of(std::string_view page, std::string_view name, std::size_t at) {
  for (at = page.find("</", at); at != std::string_view::npos; at = page.find("</", at + 2))
    if (name_of(page.substr(at + 2, name.size() + 1)) == name)
      return at;
  return page.size();
}

} // namespace

std::string markdown_of_html(std::string_view page) {
  std::string out;
  const auto append = [&](char c) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      out += c;
    else if (!out.empty() && out.back() != ' ' && out.back() != '\n')
      out += ' ';
  };
  for (std::size_t i = 0; i < page.size();) {
    if (page[i] == '<') {
      if (page.substr(i).starts_with("<!--")) {
        const auto end = page.find("-->", i);
        i = end == std::string_view::npos ? page.size() : end + 3;
        continue;
      }
      const auto end = page.find('>', i);
      if (end == std::string_view::npos)
        break;
      const auto name = name_of(page.substr(i + 1, std::min<std::size_t>(end - i - 1, 32)));
      i = end + 1;
      if (one_of(name, {"script", "style", "head", "nav", "template"})) {
        // The title is in the head, and no part of the page.
        i = end_of(page, name, i);
        continue;
      }
      if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6')
        out += "\n\n" + std::string(static_cast<std::size_t>(name[1] - '0'), '#') + ' ';
      else if (name == "li")
        out += "\n- ";
      else if (one_of(name, {"br", "tr", "/tr", "/li"}))
        out += "\n";
      else if (one_of(name, {"p",   "/p",  "div", "/div",  "section", "/section", "ul",
                             "/ul", "ol",  "/ol", "table", "/table",  "article",  "/article",
                             "/h1", "/h2", "/h3", "/h4",   "/h5",     "/h6"}))
        out += "\n\n";
      else if (one_of(name, {"td", "th"}))
        append(' ');
      continue;
    }
    if (page[i] == '&') {
      const auto known = std::find_if(references.begin(), references.end(), [&](const auto& x) {
        return page.substr(i).starts_with(x.first);
      });
      if (known != references.end()) {
        for (const char c : known->second)
          append(c);
        i += known->first.size();
        continue;
      }
    }
    append(page[i++]);
  }
  return out;
}

} // namespace troupe::knowledge
