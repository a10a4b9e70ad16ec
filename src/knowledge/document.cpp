#include "src/knowledge/document.hpp"

#include "src/knowledge/html_text.hpp"
#include "src/text/normalize.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace troupe::knowledge {

namespace {

bool ends_with_any(const std::string& name, std::initializer_list<const char*> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](const char* ending) { return name.ends_with(ending); });
}

std::string_view trimmed(std::string_view x) {
  while (!x.empty() && std::isspace(static_cast<unsigned char>(x.front())) != 0)
    x.remove_prefix(1);
  while (!x.empty() && std::isspace(static_cast<unsigned char>(x.back())) != 0)
    x.remove_suffix(1);
  return x;
}

/// Bytes that are no text become blanks.
std::string clean(std::string_view bytes) {
  std::string out{bytes};
  if (text::valid_utf8(out)) {
    for (auto& c : out)
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
        c = ' ';
    return out;
  }
  for (auto& c : out)
    if (static_cast<unsigned char>(c) >= 0x80 ||
        (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'))
      c = ' ';
  return out;
}

/// How deep a heading is; 0: the line is none.
std::size_t depth_of(std::string_view line) {
  std::size_t depth = 0;
  while (depth < line.size() && line[depth] == '#')
    ++depth;
  return depth >= 1 && depth <= 6 && depth < line.size() && line[depth] == ' ' ? depth : 0;
}

/// A line of Markdown as a person reads it: no marks of emphasis, of a link its words.
std::string plain_line(std::string_view line) {
  std::string out;
  bool links = true; // When no link ends behind this place, none does behind a later one.
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '*' || c == '`')
      continue;
    if (c == '[' && links) {
      const auto close = line.find("](", i);
      const auto end = close == std::string_view::npos ? close : line.find(')', close);
      links = end != std::string_view::npos;
      if (links) {
        out += line.substr(i + 1, close - i - 1);
        i = end;
        continue;
      }
    }
    out += c;
  }
  return out;
}

bool is_underline(std::string_view line) {
  return line.size() >= 3 && (line.find_first_not_of('=') == std::string_view::npos ||
                              line.find_first_not_of('-') == std::string_view::npos);
}

/// Puts paragraphs together to passages.
class binder {
 public:
  explicit binder(std::string source)
      : source_(std::move(source)) {}

  void heading(std::size_t depth, std::string_view words) {
    close();
    for (std::size_t i = depth - 1; i < headings_.size(); ++i)
      headings_[i].clear();
    headings_[depth - 1] = plain_line(trimmed(words));
  }

  void paragraph(std::string_view words) {
    words = trimmed(words);
    while (!words.empty()) {
      auto piece = words;
      if (piece.size() > document_limits::passage_bytes)
        piece = first_of(piece);
      if (!text_.empty() && text_.size() + 1 + piece.size() > document_limits::passage_bytes)
        close();
      text_ += (text_.empty() ? "" : "\n");
      text_ += piece;
      words = trimmed(words.substr(piece.size()));
    }
  }

  std::vector<passage> take() {
    close();
    return std::move(out_);
  }

 private:
  /// As much of a long paragraph as a passage holds, to the end of a sentence or of a word.
  static std::string_view first_of(std::string_view words) {
    const auto most = document_limits::passage_bytes;
    auto at = words.rfind(". ", most - 1);
    if (at != std::string_view::npos && at > most / 3)
      return words.substr(0, at + 1);
    at = words.rfind(' ', most);
    if (at != std::string_view::npos && at > 0)
      return words.substr(0, at);
    at = most;
    while (at > 0 && (static_cast<unsigned char>(words[at]) & 0xC0) == 0x80)
      --at;
    return words.substr(0, at);
  }

  void close() {
    if (text_.empty())
      return;
    std::string above;
    for (const auto& h : headings_)
      if (!h.empty())
        above += (above.empty() ? "" : " > ") + h;
    out_.push_back({source_, std::move(above), std::move(text_)});
    text_.clear();
  }

  std::string source_;
  std::array<std::string, 6> headings_;
  std::string text_;
  std::vector<passage> out_;
};

std::vector<std::string_view> lines_of(std::string_view all) {
  std::vector<std::string_view> out;
  while (!all.empty()) {
    const auto end = all.find('\n');
    out.push_back(all.substr(0, end));
    all.remove_prefix(end == std::string_view::npos ? all.size() : end + 1);
  }
  return out;
}

} // namespace

bool form_of(std::string_view file, document_form& out) {
  std::string name{file};
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ends_with_any(name, {".md", ".markdown"}))
    out = document_form::markdown;
  else if (ends_with_any(name, {".txt"}))
    out = document_form::text;
  else if (ends_with_any(name, {".html", ".htm"}))
    out = document_form::html;
  else
    return false;
  return true;
}

std::vector<passage> passages_of(const std::string& source, std::string_view bytes,
                                 document_form form) {
  auto all = clean(bytes);
  if (form == document_form::html)
    all = markdown_of_html(all);
  const bool marked = form != document_form::text;
  binder out{source};
  std::string paragraph;
  bool fenced = false;
  const auto flush = [&] {
    out.paragraph(paragraph);
    paragraph.clear();
  };
  for (const auto raw : lines_of(all)) {
    const auto line = trimmed(raw);
    if (marked && line.starts_with("```")) {
      fenced = !fenced;
      continue;
    }
    if (line.empty()) {
      flush();
      continue;
    }
    if (marked && !fenced) {
      if (const auto depth = depth_of(line); depth > 0) {
        flush();
        out.heading(depth, line.substr(depth));
        continue;
      }
      // A heading that is underlined: the line before is its words.
      if (is_underline(line)) {
        if (!paragraph.empty())
          out.heading(line.front() == '=' ? 1 : 2, paragraph);
        paragraph.clear();
        continue;
      }
      // Each point of a list, and each row of a table, is a paragraph.
      if (line.starts_with("- ") || line.starts_with("* ") || line.starts_with("|"))
        flush();
    }
    paragraph += (paragraph.empty() ? "" : " ");
    paragraph += marked && !fenced ? plain_line(line) : std::string{line};
  }
  flush();
  return out.take();
}

} // namespace troupe::knowledge
