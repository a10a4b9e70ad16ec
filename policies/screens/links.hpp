#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::screens {

/// Something in a text that names somebody or leads somewhere.
struct link {
  enum class kind { url, email } what = kind::url;
  std::size_t at = 0; ///< first byte in the text, and how many
  std::size_t size = 0;
  std::string target;     ///< in lower case: the URL, or the address
  std::string host;       ///< without port and user
  bool image = false;     ///< it is loaded without anybody asking for it
  bool carries = false;   ///< it has a query, a fragment or a path that can hold other data
  bool filled_in = false; ///< with a placeholder, to be filled in by whoever reads it
};

/// With small letters for the capital ones of ASCII, as hosts and ids are compared.
[[nodiscard]] std::string lowered(std::string_view text);

/// Links of a text that are looked at. Whoever gets as many has not seen all there may be.
inline constexpr std::size_t links_max = 256;

/// URLs with a scheme or without (`//host/`, `www.host`), in Markdown and HTML too, and e-mail
/// addresses, the first `links_max` of them. `at` and `size` of an image take in all of its markup.
[[nodiscard]] std::vector<link> links_in(std::string_view text);

/// Whether `host` is one of `allowed` or below one.
[[nodiscard]] bool is_host_of(std::string_view host, const std::vector<std::string>& allowed);

} // namespace troupe::screens
