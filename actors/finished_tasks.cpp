#include "actors/finished_tasks.hpp"

#include "policies/body_size.hpp"

#include <string>
#include <utility>

namespace troupe {

namespace {

std::uint32_t mark_of(std::string_view id) noexcept {
  std::uint32_t h = 2166136261u;
  for (char c : id)
    h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h;
}

std::size_t bytes_said(const outcome& x) noexcept {
  return sizeof x + x.text.size() + (x.data.is_null() ? 0 : body_size(x.data)) +
         x.failed.detail.size();
}

std::size_t bytes_told(const event& x) noexcept {
  if (const auto* said = x.get<outcome>())
    return bytes_said(*said);
  if (const auto* way = x.get<route>())
    return sizeof *way + way->seen.size() * sizeof(considered) +
           way->arms.size() * sizeof(arm_seen);
  if (const auto* text = x.get<std::string>())
    return sizeof *text + text->size();
  const auto* why = x.get<failure>();
  return why ? sizeof *why + why->detail.size() : 0;
}

} // namespace

std::size_t record_size(const task_record& x) noexcept {
  auto out = sizeof x + sizeof *x.what + body_size(*x.what);
  for (const auto& e : x.history)
    out += sizeof e + bytes_told(e);
  // What the task came to is, as a rule, what its last event says.
  const bool told = !x.history.empty() && x.history.back().get<outcome>() == x.result.get();
  return out + (x.result && !told ? bytes_said(*x.result) : 0);
}

void finished_tasks::add(task_record_ptr record) {
  if (most_ == 0)
    return;
  const auto bytes = record_size(*record);
  while (!all_.empty() && (all_.size() >= most_ || bytes_ + bytes > room_)) {
    bytes_ -= all_.front().bytes;
    all_.pop_front();
    marks_.pop_front();
  }
  bytes_ += bytes;
  marks_.push_back(mark_of(record->what->id));
  all_.push_back({std::move(record), bytes});
}

task_record_ptr finished_tasks::find(std::string_view id) const {
  const auto mark = mark_of(id);
  for (auto i = std::find(marks_.begin(), marks_.end(), mark); i != marks_.end();
       i = std::find(i + 1, marks_.end(), mark)) {
    const auto& record = all_[static_cast<std::size_t>(i - marks_.begin())].what;
    if (record->what->id == id)
      return record;
  }
  return nullptr;
}

std::vector<task_record_ptr> finished_tasks::newest(std::size_t limit) const {
  std::vector<task_record_ptr> out;
  for (auto x = all_.rbegin(); x != all_.rend() && out.size() < limit; ++x)
    out.push_back(x->what);
  return out;
}

} // namespace troupe
