#include <pactor/client.hpp>

#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

struct summary {
  double mean = 0, deviation = 0;
  std::string text;
  MSGPACK_DEFINE_MAP(mean, deviation, text)
};

int main() {
  pactor::client c;
  std::vector<double> values(28);
  std::iota(values.begin(), values.end(), 0.0);
  for (const auto& s : c[pactor::all].apply_sync<summary>("stats.summarise", values, "slides"))
    std::printf("%s: mean %.1f, deviation %.4f\n", s.text.c_str(), s.mean, s.deviation);
}
