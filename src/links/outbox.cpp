#include "src/links/outbox.hpp"

#include "src/links/framing.hpp"
#include "src/wire/frames.hpp"

namespace troupe::links {

offered outbox::offer(const envelope& x) {
  const auto size = envelope_entry_bytes(x);
  if (size > most_.frame)
    return offered::too_large;
  const std::lock_guard lock{guard_};
  if (closed_)
    return offered::unlinked;
  if (bytes_ + size > most_.bytes)
    return offered::busy;
  auto* last = frames_.empty() ? nullptr : &frames_.back();
  if (!last || last->bytes.size() + size >= most_.gather ||
      last->envelopes == max_batch_envelopes) {
    // Frames that wait behind each other become as large as they may: they get just that memory,
    // with the text's end, and not up to twice as much by growing.
    const bool waits = last != nullptr;
    last = &frames_.emplace_back();
    if (waits && frame_header_bytes + size < most_.gather)
      last->bytes.reserve(most_.gather - 1);
    last->bytes.resize(frame_header_bytes);
  }
  append_envelope(last->bytes, x, most_.frame);
  ++last->envelopes;
  bytes_ += size;
  return offered::taken;
}

void outbox::close() {
  std::deque<waiting> gone;
  const std::lock_guard lock{guard_};
  closed_ = true;
  gone.swap(frames_);
}

std::string outbox::take() {
  std::string out;
  {
    const std::lock_guard lock{guard_};
    if (frames_.empty())
      return out;
    out = std::move(frames_.front().bytes);
    frames_.pop_front();
  }
  put_frame_header(out, frame_type::batch, out.size() - frame_header_bytes);
  return out;
}

void outbox::written(std::size_t bytes) {
  const std::lock_guard lock{guard_};
  bytes_ -= bytes - frame_header_bytes;
}

std::size_t outbox::bytes() const {
  const std::lock_guard lock{guard_};
  return bytes_;
}

} // namespace troupe::links
