// A fleet's folder as a body of `POST /v1/reload`, and as another node's version of the fleet.
#include "src/config/folder_snapshot.hpp"
#include "tests/fuzz/target.hpp"

#include <string>

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  config::folder_snapshot read;
  try {
    read = config::unpack(fuzz::text_of(data, size));
  } catch (const config::snapshot_error&) {
    return 0;
  }
  fuzz::demand(config::unpack(config::pack(read)) == read, "what was read is the same again");
  for (const auto& [path, file] : read.files) {
    const auto within = "/" + path + "/";
    fuzz::demand(path.front() != '/' && within.find("/../") == std::string::npos,
                 "no path leads out of the folder");
  }
  return 0;
}
