#include "src/links/outbox.hpp"

#include "src/links/framing.hpp"
#include "src/wire/frames.hpp"

namespace troupe::links {

namespace {

/// What an envelope takes at least: enough to say no without encoding it.
std::size_t at_least(const envelope& x) noexcept {
  return x.from.name.size() + x.to.name.size() + x.kind.size() + x.body.size();
}

} // namespace

offered outbox::offer(envelope x) {
  const auto least = at_least(x);
  if (least > most_.frame)
    return offered::too_large;
  {
    const std::lock_guard lock{guard_};
    if (closed_)
      return offered::unlinked;
    if (bytes_ + least > most_.bytes)
      return offered::busy;
  }
  // Encoded outside the lock, which the writer needs.
  thread_local std::string encoded;
  encoded.clear();
  const auto size = append_envelope(encoded, std::move(x), most_.frame);
  if (size == 0)
    return offered::too_large;
  const std::lock_guard lock{guard_};
  if (closed_)
    return offered::unlinked;
  if (bytes_ + size > most_.bytes)
    return offered::busy;
  auto* last = frames_.empty() ? nullptr : &frames_.back();
  if (!last || last->bytes.size() + size > frame_header_bytes + most_.gather ||
      last->envelopes == max_batch_envelopes) {
    last = &frames_.emplace_back();
    last->bytes.resize(frame_header_bytes);
  }
  last->bytes += encoded;
  ++last->envelopes;
  bytes_ += size;
  if (encoded.capacity() > 64u << 10)
    std::string{}.swap(encoded);
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
