#include "src/text/tsv.hpp"

#include "src/text/normalize.hpp"

#include <algorithm>
#include <fstream>

namespace troupe::text {

namespace {

// A line longer than this is no message but another kind of file.
constexpr std::size_t longest_line = 1024 * 1024;

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    auto tab = line.find('\t');
    out.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos)
      return out;
    line.remove_prefix(tab + 1);
  }
}

class table {
 public:
  explicit table(const std::filesystem::path& file)
      : file_(file)
      , in_(file) {
    if (!in_ || std::filesystem::is_directory(file))
      throw row_error(file_, 0, "cannot be opened");
    if (!next())
      throw row_error(file_, 0, "is empty; a header line with the columns' names is needed");
    for (auto field : fields_of(line_))
      columns_.emplace_back(field);
  }

  /// The place of a column; `missing` if there is none.
  std::size_t column(std::string_view name) const {
    auto at = std::find(columns_.begin(), columns_.end(), name);
    return at == columns_.end() ? missing : static_cast<std::size_t>(at - columns_.begin());
  }
  std::size_t required(std::string_view name) const {
    auto at = column(name);
    if (at == missing)
      throw row_error(file_, 1, "the header has no column '" + std::string(name) + "'");
    return at;
  }

  /// Goes to the next line that is not empty; false at the end.
  bool next() {
    while (std::getline(in_, line_)) {
      ++number_;
      if (line_.ends_with('\r'))
        line_.pop_back();
      if (number_ == 1 && line_.starts_with("\xEF\xBB\xBF"))
        line_.erase(0, 3);
      if (line_.size() > longest_line)
        fail("the line is longer than a MiB");
      if (line_.empty())
        continue;
      if (!valid_utf8(line_))
        fail("the line is not UTF-8");
      fields_ = fields_of(line_);
      if (!columns_.empty() && fields_.size() < columns_.size())
        fail("the line has " + std::to_string(fields_.size()) + " fields, the header " +
             std::to_string(columns_.size()));
      return true;
    }
    return false;
  }

  std::string field(std::size_t column) const { return std::string(fields_[column]); }

  [[noreturn]] void fail(const std::string& what) const { throw row_error(file_, number_, what); }
  std::size_t number() const { return number_; }

  static constexpr std::size_t missing = static_cast<std::size_t>(-1);

 private:
  std::filesystem::path file_;
  std::ifstream in_;
  std::string line_;
  std::size_t number_ = 0;
  std::vector<std::string> columns_;
  std::vector<std::string_view> fields_;
};

template <class T>
std::vector<T> some(std::vector<T> rows, const std::filesystem::path& file) {
  if (rows.empty())
    throw row_error(file, 0, "holds a header and no rows");
  return rows;
}

} // namespace

row_error::row_error(const std::filesystem::path& file, std::size_t line,
                     const std::string& problem)
    : std::runtime_error(file.string() + (line == 0 ? "" : ":" + std::to_string(line)) + ": " +
                         problem)
    , line_(line)
    , problem_(problem) {}

std::vector<labelled> read_labelled(const std::filesystem::path& file) {
  table from(file);
  auto intent = from.required("intent"), text = from.required("text"), split = from.column("split");
  std::vector<labelled> out;
  while (from.next()) {
    out.push_back({split == table::missing ? "train" : from.field(split), from.field(intent),
                   from.field(text), from.number()});
    if (out.back().intent.empty())
      from.fail("the intent is empty");
  }
  return some(std::move(out), file);
}

std::vector<compound_row> read_compound(const std::filesystem::path& file) {
  table from(file);
  auto intents = from.required("intents"), text = from.required("text");
  std::vector<compound_row> out;
  while (from.next()) {
    compound_row row{from.field(text), {}};
    auto joined = from.field(intents);
    for (std::string_view left = joined; joined != "-";) {
      auto mark = left.find('#');
      if (mark == 0 || left.empty())
        from.fail("an intent is empty; a row without any has '-'");
      row.intents.emplace_back(left.substr(0, mark));
      if (mark == std::string_view::npos)
        break;
      left.remove_prefix(mark + 1);
    }
    out.push_back(std::move(row));
  }
  return some(std::move(out), file);
}

} // namespace troupe::text
