#include "src/config/read_text.hpp"

#include "src/config/load_fleet.hpp"
#include "src/config/text.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::config {

namespace {

class descriptor {
 public:
  explicit descriptor(int fd) noexcept
      : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

text_or_error refuse(std::string why) {
  return {std::nullopt, std::move(why), 0, 0};
}

text_or_error system_refusal() {
  return refuse("cannot be read: " + std::generic_category().message(errno));
}

text_or_error refuse_at(std::string_view text, std::size_t offset, std::string why) {
  const auto before = text.substr(0, offset);
  const auto line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  return {std::nullopt, std::move(why),
          static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
          static_cast<std::uint32_t>(offset - line_start + 1)};
}

} // namespace

text_or_error read_text(const std::filesystem::path& file) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would hang the loader.
  const descriptor in{::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  if (in.get() < 0)
    return system_refusal();
  struct stat about {};
  if (::fstat(in.get(), &about) != 0)
    return system_refusal();
  if (!S_ISREG(about.st_mode))
    return refuse("is not a regular file");
  const auto too_large = [] {
    return refuse("is larger than " + std::to_string(load_limits::file_bytes / 1024) + " KiB");
  };
  if (static_cast<std::size_t>(about.st_size) > load_limits::file_bytes)
    return too_large();

  std::string text(load_limits::file_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto n = ::read(in.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return system_refusal();
    if (n == 0)
      break;
    size += static_cast<std::size_t>(n);
  }
  if (size > load_limits::file_bytes)
    return too_large();
  text.resize(size);
  if (text.starts_with("\xEF\xBB\xBF"))
    text.erase(0, 3);

  if (const auto bad = first_bad_utf8(text); bad != std::string::npos)
    return refuse_at(text, bad, "is not UTF-8 text");
  const auto control = std::find_if(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  });
  if (control != text.end())
    return refuse_at(text, static_cast<std::size_t>(control - text.begin()),
                     "holds a control character");
  return {std::move(text), {}, 0, 0};
}

} // namespace troupe::config
