#include "nodes/cli/program.hpp"

#include <iostream>
#include <string>
#include <vector>

int main(int count, char** words) {
  return troupe::cli::run(std::vector<std::string>{words, words + count}, std::cout, std::cerr);
}
