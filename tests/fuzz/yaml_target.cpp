// A file of a fleet: the first byte says which one it is said to be.
#include "src/config/read_specs.hpp"
#include "src/config/yaml_tree.hpp"
#include "tests/fuzz/target.hpp"

using namespace troupe;
using namespace troupe::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::vector<diagnostic> errors;
  const auto tree = parse_yaml(fuzz::text_of(data + 1, size - 1), "fuzz.yaml", errors);
  fuzz::demand(tree || !errors.empty(), "a file that cannot be read says why");
  if (!tree)
    return 0;
  // The readers come after the check in real life, and must hold without it: what they cannot read
  // stays as it was.
  switch (data[0] % 3) {
  case 0: {
    fleet_spec out;
    read_fleet(*tree, out);
    break;
  }
  case 1: {
    domain_draft out;
    out.spec.path = "fuzz";
    read_domain(*tree, out);
    break;
  }
  default: {
    agent_spec out;
    read_agent(*tree, "fuzz", out);
    break;
  }
  }
  return 0;
}
