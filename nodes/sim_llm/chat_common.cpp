#include "nodes/sim_llm/chat.hpp"

#include <algorithm>

namespace troupe::sim_llm {

std::vector<std::string> in_tokens(const std::string& text) {
  constexpr std::size_t bytes = 12; // some three tokens
  constexpr std::size_t pieces_max = 200;
  const auto step = std::max(bytes, text.size() / pieces_max + 1);
  std::vector<std::string> out;
  for (std::size_t from = 0; from < text.size();) {
    auto end = std::min(from + step, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      ++end;
    out.push_back(text.substr(from, end - from));
    from = end;
  }
  return out;
}

} // namespace troupe::sim_llm
