#pragma once

#include "src/links/settings.hpp"

#include <troupe/clock.hpp>

#include <memory>

namespace troupe::links {

/// The last certificate of a node that could be used, with its key. It outlives the mesh: one that
/// begins anew while the files cannot be read, or after the certificate has ended, goes on with it
/// and looks for usable files. Thread safe.
class kept_certificate;

/// For `link_settings::kept`. Throws `certificate_error` when no peer would accept this node with
/// its files as they are now.
[[nodiscard]] std::shared_ptr<kept_certificate> keep_certificate(const link_settings& from);

/// When it ends.
[[nodiscard]] timestamp end_of(const kept_certificate& x);

} // namespace troupe::links
