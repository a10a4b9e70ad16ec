#include "nodes/local/cluster_folder.hpp"

#include "src/links/certificates.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace troupe::local {

namespace fs = std::filesystem;

namespace {

timestamp now_on_wall() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

} // namespace

cluster_folder::cluster_folder(fs::path dir)
    : dir_(fs::absolute(dir).lexically_normal()) {
  if (!dir_.has_filename())
    dir_ = dir_.parent_path();
}

cluster_folder::~cluster_folder() {
  if (lock_ >= 0)
    ::close(lock_);
}

void cluster_folder::claim() {
  std::error_code e;
  fs::create_directories(dir_, e);
  if (e)
    throw local_error{"the folder " + dir_.string() + " cannot be made: " + e.message()};
  const auto file = dir_ / "lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0)
    throw local_error{file.string() + " cannot be opened: " + std::strerror(errno)};
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
    throw local_error{"another process runs a cluster in " + dir_.string()};
}

std::size_t cluster_folder::nodes() const {
  std::size_t out = 0;
  std::error_code none;
  while (fs::is_directory(certs(name_of(out + 1)), none))
    ++out;
  return out;
}

void cluster_folder::prepare(const std::string& id) const {
  const auto authority = dir_ / "authority";
  const auto now = now_on_wall();
  if (!fs::exists(links::authority_files(authority).certificate)) {
    // One that was interrupted has left a part, which would not be written over.
    fs::remove_all(authority);
    links::make_authority(authority, now);
  }
  const auto files = links::node_files(certs(id), id);
  const bool there = fs::exists(files.certificate) && fs::exists(files.key);
  if (there && links::read_certificate(files.certificate).ends - now > links::expiry_warning)
    return;
  fs::remove_all(certs(id));
  links::make_node_certificate(authority, id, certs(id), now);
}

void cluster_folder::tell(const std::string& json) const {
  const auto beside = state().string() + ".new";
  std::ofstream out{beside};
  out << json << '\n';
  if (!out.flush())
    throw local_error{beside + " cannot be written"};
  fs::rename(beside, state());
}

void cluster_folder::tell_nothing() const noexcept {
  std::error_code none;
  fs::remove(state(), none);
  fs::remove(control(), none);
}

} // namespace troupe::local
