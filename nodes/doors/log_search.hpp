#pragma once

#include <troupe/json.hpp>

#include <functional>

namespace troupe {

class log_book;

/// What `node_options::search_logs` wants, over this book, which must outlive the node. May throw
/// `log_error`.
[[nodiscard]] std::function<json(const json&)> search_in(const log_book& book);

} // namespace troupe
