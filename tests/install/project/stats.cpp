#include <pactor/job.hpp>

#include <cmath>
#include <numeric>
#include <span>
#include <string>

struct summary {
  double mean = 0, deviation = 0;
  std::string text;
  MSGPACK_DEFINE_MAP(mean, deviation, text)
};

summary summarise(std::span<const double> values, const std::string& text) {
  const auto n = static_cast<double>(values.size());
  const auto mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const auto v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / n), text};
}
PACTOR_JOB_AS(summarise, "stats.summarise")
