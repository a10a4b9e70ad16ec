#pragma once

#include "src/store/store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct pg_result;

namespace troupe {

/// An error with what the server calls it.
class postgres_error : public store_error {
 public:
  postgres_error(kind k, std::string state, const std::string& text)
      : store_error(k, text)
      , state_(std::move(state)) {}
  /// The SQLSTATE; empty when the error is not the server's.
  [[nodiscard]] const std::string& state() const noexcept { return state_; }
  /// Another transaction was in the way, and the same work can be tried again at once.
  [[nodiscard]] bool collided() const noexcept { return state_ == "40P01" || state_ == "40001"; }

 private:
  std::string state_;
};

/// The rows that a statement gave.
class postgres_rows {
 public:
  explicit postgres_rows(pg_result* r) noexcept
      : result_(r) {}
  [[nodiscard]] int size() const noexcept;
  [[nodiscard]] std::int64_t number(int row, int column) const noexcept;    ///< null is 0
  [[nodiscard]] std::string_view bytes(int row, int column) const noexcept; ///< null is empty
  [[nodiscard]] std::int64_t changed() const noexcept; ///< how many rows it wrote
  [[nodiscard]] pg_result* get() const noexcept { return result_.get(); }

 private:
  struct closer {
    void operator()(pg_result* r) const noexcept;
  };
  std::unique_ptr<pg_result, closer> result_;
};

/// Whether the server refused the statement, or did not come to it.
[[nodiscard]] bool is_error(const pg_result* r) noexcept;

/// What a result that is an error says, for people who know the server by `place`.
[[nodiscard]] postgres_error postgres_error_of(const pg_result* r, const std::string& place);

/// Text of libpq without the line ends behind it; null is empty.
[[nodiscard]] std::string trimmed(const char* text);

} // namespace troupe
