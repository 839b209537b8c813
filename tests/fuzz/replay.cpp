// usage: pactor_fuzz_replay CORPUS [TARGET [MUTATIONS]]      runs every input of the corpora, and mutations of them
//        pactor_fuzz_replay CORPUS TARGET --unpack DIRECTORY writes the inputs as files, for the fuzzer
//        pactor_fuzz_replay CORPUS TARGET --pack DIRECTORY   the other way round
//        pactor_fuzz_replay --targets                        their names, and how long inputs are at most
// Mutations are the same in every run. What is wrong ends the process; the input is left in fuzz-failure.

#include "tests/fuzz/corpus.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>

using namespace pactor::fuzz;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t usual_mutations = 2'000; // of each target

/// The same numbers everywhere.
class chance {
public:
  std::size_t below(std::size_t n) {
    state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<std::size_t>(state_ >> 33) % n;
  }

private:
  std::uint64_t state_ = 20'240'229;
};

void change(std::string& bytes, const inputs& others, chance& random) {
  static constexpr std::string_view borders{"\x00\x01\x7f\x80\xff\xfe\x10\x40\xdc\xdd\xde\xdf\xc6\xc9", 14};
  const auto at = bytes.empty() ? 0 : random.below(bytes.size());
  switch (random.below(7)) {
  case 0:
    if (!bytes.empty()) bytes[at] = static_cast<char>(random.below(256));
    return;
  case 1:
    if (!bytes.empty()) bytes[at] = borders[random.below(borders.size())];
    return;
  case 2:
    if (!bytes.empty()) bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ 1U << random.below(8));
    return;
  case 3:
    bytes.resize(at);
    return;
  case 4:
    bytes.insert(at, bytes.substr(at, 1 + random.below(32)));
    return;
  case 5:
    if (bytes.size() - at >= 4) bytes.replace(at, 4, 4, borders[random.below(borders.size())]);
    return;
  default: {
    const auto& other = others[random.below(others.size())];
    bytes = bytes.substr(0, at) + other.substr(std::min(at, other.size()));
  }
  }
}

/// The input that is being run, for who looks for the fault.
std::string current; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): for the handler of abort()

void note_failure(int) {
  std::ofstream{"fuzz-failure"} << current;
  std::fputs("the input is in fuzz-failure\n", stderr);
  std::_Exit(1);
}

void run(const decoder& t, const std::string& input) {
  current = input;
  t.run(input);
}

std::size_t replay(const decoder& t, const fs::path& corpus, std::size_t mutations) {
  auto all = read_corpus(corpus / (std::string{t.name} + ".txt"));
  for (auto& s : t.seeds()) all.push_back(std::move(s));
  for (const auto& i : all) run(t, i);
  chance random;
  for (std::size_t n = 0; n < mutations; ++n) {
    auto bytes = all[random.below(all.size())];
    for (auto changes = 1 + random.below(4); changes > 0; --changes) change(bytes, all, random);
    bytes.resize(std::min(bytes.size(), t.longest));
    run(t, bytes);
  }
  return all.size();
}

void unpack(const decoder& t, const fs::path& corpus, const fs::path& directory) {
  fs::create_directories(directory);
  auto all = read_corpus(corpus / (std::string{t.name} + ".txt"));
  for (auto& s : t.seeds()) all.push_back(std::move(s));
  for (std::size_t i = 0; i < all.size(); ++i) std::ofstream{directory / ("input-" + std::to_string(i))} << all[i];
}

void pack(const decoder& t, const fs::path& corpus, const fs::path& directory) {
  inputs all;
  for (const auto& f : fs::directory_iterator{directory}) {
    std::ifstream in{f.path(), std::ios::binary};
    all.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
  }
  std::ranges::sort(all,
                    [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  write_corpus(corpus / (std::string{t.name} + ".txt"), all);
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) {
    std::fputs("usage: pactor_fuzz_replay CORPUS [TARGET [MUTATIONS | --unpack DIRECTORY | --pack DIRECTORY]]\n",
               stderr);
    return 2;
  }
  if (words[0] == "--targets") {
    for (const auto& t : decoders()) std::printf("%s %zu\n", std::string{t.name}.c_str(), t.longest);
    return 0;
  }
  std::signal(SIGABRT, note_failure);
  const fs::path corpus = words[0];
  bool found = false;
  for (const auto& t : decoders()) {
    if (words.size() > 1 && words[1] != t.name) continue;
    found = true;
    if (words.size() > 3) {
      words[2] == "--pack" ? pack(t, corpus, words[3]) : unpack(t, corpus, words[3]);
      continue;
    }
    const auto mutations = words.size() > 2 ? std::stoul(words[2]) : usual_mutations;
    const auto inputs = replay(t, corpus, mutations);
    std::printf("%-18s %4zu inputs, %zu mutations\n", std::string{t.name}.c_str(), inputs, mutations);
    std::fflush(stdout);
  }
  if (!found) std::fprintf(stderr, "there is no target %s\n", words[1].c_str());
  return found ? 0 : 2;
}
