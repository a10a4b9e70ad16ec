#include "actors/waiting_calls.hpp"

namespace troupe {

void waiting_calls::add(waiting_call x) {
  if (!lines_)
    lines_ = std::make_unique<lines>();
  const auto line = static_cast<std::size_t>(x.what->urgency);
  (*lines_)[line].push_back(std::move(x));
  ++size_;
}

bool waiting_calls::has_questions() const {
  return size_ > 0 && std::any_of(lines_->begin(), lines_->end(), [](const auto& line) {
           return std::any_of(line.begin(), line.end(),
                              [](const waiting_call& x) { return x.what->query; });
         });
}

std::vector<waiting_call> waiting_calls::take_acts(const std::string& key) {
  std::vector<waiting_call> out;
  if (size_ == 0)
    return out;
  for (auto& line : *lines_)
    std::erase_if(line, [&](const waiting_call& x) {
      if (x.what->query || x.what->idempotency_key != key)
        return false;
      out.push_back(x);
      return true;
    });
  size_ -= static_cast<std::uint32_t>(out.size());
  return out;
}

} // namespace troupe
