#include "policies/screens/links.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::screens {

namespace {

constexpr std::size_t long_part = 24; ///< characters of a path's part that may hold other data

bool is_url_char(char c) noexcept {
  return (c & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view{"-._~:/?#[]@!$&'*+,;=%{}|$"}.find(c) != std::string_view::npos;
}

bool is_host_char(char c) noexcept {
  return (c & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ||
         c == '.' || c == '_';
}

bool starts_at(std::string_view text, std::size_t at, std::string_view what) {
  if (text.size() - at < what.size())
    return false;
  for (std::size_t i = 0; i < what.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(text[at + i])) != what[i])
      return false;
  return true;
}

/// Where a URL ends: not in the mark of the sentence, nor in a bracket that it did not open.
std::size_t end_of_url(std::string_view text, std::size_t at) {
  auto end = at;
  int open = 0;
  while (end < text.size()) {
    const char c = text[end];
    if (c == '(')
      ++open;
    else if (c == ')' && --open < 0)
      break;
    else if (c != ')' && !is_url_char(c) && !(c == '<' && end > at && text[end - 1] == '='))
      break;
    ++end;
  }
  while (end > at && std::string_view{".,;:!?'*]"}.find(text[end - 1]) != std::string_view::npos)
    --end;
  return end;
}

bool has_placeholder(std::string_view url, std::string_view after) {
  const auto has = [&](std::string_view x) { return url.find(x) != url.npos; };
  return has("{") || has("%7b") || has("[") || has("$") || has("=<") || url.ends_with("=") ||
         (url.find('?') != url.npos && (after.starts_with("<") || after.starts_with("[") ||
                                        after.starts_with("{") || after.starts_with("...")));
}

link read_url(std::string_view text, std::size_t at, std::size_t scheme) {
  link out;
  out.at = at;
  const auto end = end_of_url(text, at);
  out.size = end - at;
  out.target = lowered(text.substr(at, out.size));
  auto rest = std::string_view{out.target}.substr(std::min(scheme, out.target.size()));
  // Readers of URLs pass over slashes too many.
  rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  auto host_end = rest.find_first_of("/?#");
  auto host = rest.substr(0, host_end);
  if (const auto user = host.rfind('@'); user != host.npos)
    host.remove_prefix(user + 1);
  if (const auto port = host.rfind(':'); port != host.npos)
    host = host.substr(0, port);
  out.host = std::string{host};
  const auto path = host_end == rest.npos ? std::string_view{} : rest.substr(host_end);
  out.filled_in = has_placeholder(path, text.substr(end));
  out.carries = path.find('?') != path.npos || out.filled_in ||
                (path.find('#') != path.npos && path.size() > path.find('#') + long_part);
  for (std::size_t from = 0; from < path.size();) {
    const auto to = std::min(path.find('/', from), path.size());
    out.carries = out.carries || to - from >= long_part;
    from = to + 1;
  }
  // What stands before the first dot may hold data as well.
  if (const auto dot = out.host.find('.'); dot != std::string::npos && dot >= long_part)
    out.carries = true;
  return out;
}

/// `![alt](URL` and `<img src="URL`, also as a reference `![alt][name]` has it: `[name]: URL`.
void take_in_markup(std::string_view text, link& x) {
  auto at = x.at;
  while (at > 0 && std::string_view{"\"'< \t\n"}.find(text[at - 1]) != std::string_view::npos)
    --at;
  if (at >= 2 && text[at - 1] == ':' && text[at - 2] == ']') {
    // Which of the references is shown as an image does not matter: one of them may be this one.
    x.image = text.find("![") != text.npos;
    return;
  }
  if (at >= 2 && text[at - 1] == '(' && text[at - 2] == ']') {
    const auto open = text.rfind('[', at - 2);
    if (open != text.npos && at - open < 300 && open > 0 && text[open - 1] == '!') {
      x.image = true;
      auto end = text.find(')', x.at + x.size);
      end = end == text.npos || end - x.at > 2000 ? x.at + x.size : end + 1;
      x.at = open - 1;
      x.size = end - x.at;
    }
    return;
  }
  const auto tag = text.rfind('<', at);
  if (tag == text.npos || at - tag > 300 || text.substr(tag, at - tag).find('>') != text.npos)
    return;
  for (const std::string_view name : {"<img", "<image", "<iframe", "<embed", "<object", "<video",
                                      "<audio", "<source", "<link", "<script"})
    if (starts_at(text, tag, name)) {
      x.image = true;
      auto end = text.find('>', x.at + x.size);
      end = end == text.npos || end - x.at > 2000 ? x.at + x.size : end + 1;
      x.at = tag;
      x.size = end - x.at;
      return;
    }
}

bool read_email(std::string_view text, std::size_t sign, link& out) {
  const auto is_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '+' ||
           c == '-' || c == '%';
  };
  auto begin = sign;
  while (begin > 0 && sign - begin < 64 && is_name(text[begin - 1]))
    --begin;
  auto end = sign + 1;
  while (end < text.size() && end - sign < 255 && is_host_char(text[end]))
    ++end;
  while (end > sign && (text[end - 1] == '.' || text[end - 1] == '-' || text[end - 1] == '_'))
    --end;
  const auto host = text.substr(sign + 1, end > sign ? end - sign - 1 : 0);
  if (begin == sign || host.find('.') == host.npos)
    return false;
  out.what = link::kind::email;
  out.at = begin;
  out.size = end - begin;
  out.target = lowered(text.substr(begin, end - begin));
  out.host = lowered(host);
  return true;
}

} // namespace

std::string lowered(std::string_view x) {
  std::string out{x};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<link> links_in(std::string_view text) {
  std::vector<link> out;
  for (std::size_t i = 0; i < text.size() && out.size() < links_max; ++i) {
    const char c = text[i];
    std::size_t scheme = 0;
    if (c == ':' && starts_at(text, i, "://")) {
      auto begin = i;
      while (begin > 0 && std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0 &&
             i - begin < 12)
        --begin;
      if (begin == i)
        continue;
      scheme = i + 3 - begin;
      i = begin;
    } else if ((c == 'w' || c == 'W') && starts_at(text, i, "www.") &&
               (i == 0 || !is_host_char(text[i - 1]))) {
      scheme = 0;
    } else if (c == '/' && starts_at(text, i, "//") && i > 0 &&
               std::string_view{"(\"'= "}.find(text[i - 1]) != std::string_view::npos) {
      const auto host = text.find_first_not_of('/', i);
      if (host == text.npos || !is_host_char(text[host]))
        continue;
      scheme = 2;
    } else if (c == '@') {
      link x;
      if (read_email(text, i, x))
        out.push_back(std::move(x));
      continue;
    } else {
      continue;
    }
    auto x = read_url(text, i, scheme);
    if (x.host.empty() || x.size <= scheme) {
      i += std::max<std::size_t>(scheme, 1) - 1;
      continue;
    }
    const auto end = x.at + x.size;
    take_in_markup(text, x);
    i = std::max(end, x.at + x.size) - 1;
    out.push_back(std::move(x));
  }
  return out;
}

bool is_host_of(std::string_view host, const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& x) {
    const auto one = lowered(x);
    return host == one || (host.size() > one.size() && host.ends_with(one) &&
                           host[host.size() - one.size() - 1] == '.');
  });
}

} // namespace troupe::screens
