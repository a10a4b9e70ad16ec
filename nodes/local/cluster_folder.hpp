#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::local {

/// Why a cluster on this machine cannot run or be reached, as a sentence.
class local_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The folder of a cluster on this machine, with everything that its next start takes up again:
///
///     postgres/      its server's files
///     authority/     the cluster's authority, which signs the nodes' certificates
///     n1/ n2/ ...    a folder per node: its logs and models, and in `certs/` its certificate
///     cluster.json   what runs now, for people and scripts
///     control        the socket by which `troupe chaos` speaks to the parent of the nodes
///
/// Everything throws `local_error`, or `certificate_error` for certificates.
class cluster_folder {
 public:
  explicit cluster_folder(std::filesystem::path dir);
  ~cluster_folder();
  cluster_folder(const cluster_folder&) = delete;
  cluster_folder& operator=(const cluster_folder&) = delete;

  /// Makes the folder when it is missing, and keeps every other process from running a cluster in
  /// it until this object goes.
  void claim();
  /// How many nodes it has had, 0 for a new one.
  [[nodiscard]] std::size_t nodes() const;
  /// Makes the folder of a node, with its certificate: a new one when there is none, or when that
  /// has less than a month to go.
  void prepare(const std::string& node) const;
  /// Writes cluster.json, as a whole or not at all.
  void tell(const std::string& json) const;
  void tell_nothing() const noexcept; ///< nothing runs

  [[nodiscard]] const std::filesystem::path& dir() const noexcept { return dir_; }
  [[nodiscard]] std::filesystem::path postgres() const { return dir_ / "postgres"; }
  [[nodiscard]] std::filesystem::path state() const { return dir_ / "cluster.json"; }
  [[nodiscard]] std::filesystem::path control() const { return dir_ / "control"; }
  [[nodiscard]] std::filesystem::path node(const std::string& id) const { return dir_ / id; }
  [[nodiscard]] std::filesystem::path certs(const std::string& id) const {
    return node(id) / "certs";
  }
  [[nodiscard]] std::filesystem::path port_file(const std::string& id) const {
    return node(id) / "port";
  }
  /// `n1` is the first.
  [[nodiscard]] static std::string name_of(std::size_t number) {
    return "n" + std::to_string(number);
  }

 private:
  std::filesystem::path dir_;
  int lock_ = -1;
};

} // namespace troupe::local
