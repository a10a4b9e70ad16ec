// Runs a target without a fuzzer: over its corpus, then over seeded mutations of it. The same seed
// gives the same inputs. The long search, guided by coverage, is `scripts/test --suite fuzz`.
#include "policies/dice.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using troupe::dice_box;

const std::vector<std::string> pieces{"\0",
                                      "\xff",
                                      "\n",
                                      "\r\n",
                                      "\r\n\r\n",
                                      "\"",
                                      "\\",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      ":",
                                      ",",
                                      "null",
                                      "true",
                                      "-1",
                                      "0",
                                      "1e999",
                                      "18446744073709551616",
                                      "\\u0000",
                                      "\xed\xa0\x80",
                                      "\xc0\x80",
                                      "%00",
                                      "%zz",
                                      "Content-Length: 99999999999",
                                      "Transfer-Encoding: chunked",
                                      "&a",
                                      "*a",
                                      "!!binary",
                                      "<<: *a",
                                      "${env:HOME}",
                                      "$ref",
                                      "pattern",
                                      "\x0a\xff\xff\xff\xff\x0f"};

std::string mutated(std::string x, const std::vector<std::string>& corpus, dice_box& dice) {
  const auto times = 1 + dice.draw() % 6;
  for (std::uint64_t i = 0; i < times; ++i) {
    const auto at = x.empty() ? 0 : dice.draw() % (x.size() + 1);
    switch (dice.draw() % 7) {
    case 0:
      if (at < x.size())
        x[at] = static_cast<char>(x[at] ^ (1 << dice.draw() % 8));
      break;
    case 1:
      x.insert(at, 1, static_cast<char>(dice.draw()));
      break;
    case 2:
      x.erase(at, 1 + dice.draw() % 16);
      break;
    case 3:
      x.insert(at, pieces[dice.draw() % pieces.size()]);
      break;
    case 4:
      x.insert(at, x.substr(at, 1 + dice.draw() % 64));
      break;
    case 5: {
      const auto& other = corpus[dice.draw() % corpus.size()];
      x = x.substr(0, at) + other.substr(std::min<std::size_t>(other.size(), dice.draw() % 256));
      break;
    }
    default:
      // Half of them are closed again, so that they may be JSON.
      std::string deep, closing;
      const bool closed = dice.draw() % 2;
      for (std::uint64_t n = dice.draw() % 300; n > 0; --n) {
        const bool list = dice.draw() % 2;
        deep += list ? "[" : "{\"a\":";
        closing += list ? "]" : "}";
      }
      x.insert(at, closed ? deep + "1" + std::string(closing.rbegin(), closing.rend()) : deep);
      break;
    }
    if (x.size() > 8192)
      x.resize(8192);
  }
  return x;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS [RUNS [SEED]]\n", argv[0]);
    return 2;
  }
  const std::uint64_t runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20000;
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  std::vector<std::filesystem::path> files;
  for (const auto& f : std::filesystem::directory_iterator{argv[1]})
    files.push_back(f.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& f : files) {
    std::ifstream in{f, std::ios::binary};
    corpus.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: no corpus there\n", argv[1]);
    return 2;
  }
  const auto run = [](const std::string& x) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(x.data()), x.size());
  };
  for (const auto& x : corpus)
    run(x);
  dice_box dice{seed};
  for (std::uint64_t i = 0; i < runs; ++i) {
    const auto x = mutated(corpus[dice.draw() % corpus.size()], corpus, dice);
    // Whoever looks into a crash finds the input where the program was started.
    if (std::getenv("TROUPE_FUZZ_KEEP"))
      std::ofstream{"last-input", std::ios::binary} << x;
    run(x);
  }
  std::printf("%zu inputs of the corpus and %llu mutations with seed %llu\n", corpus.size(),
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seed));
  return 0;
}
