#pragma once
// Samples of one figure.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

using steady = std::chrono::steady_clock;

inline double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

/// Values of one figure; quantiles by rank.
class sample {
public:
  void add(double value) { values_.push_back(value); }
  [[nodiscard]] double quantile(double q) const {
    auto sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    const auto rank = static_cast<std::size_t>(q * static_cast<double>(sorted.size()));
    return sorted.empty() ? 0 : sorted[std::min(rank, sorted.size() - 1)];
  }
  [[nodiscard]] double last() const { return values_.back(); }
  [[nodiscard]] double median() const { return quantile(0.5); }
  [[nodiscard]] double least() const { return quantile(0); }
  [[nodiscard]] double most() const { return quantile(1); }

private:
  std::vector<double> values_;
};

} // namespace bench
