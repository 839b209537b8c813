#pragma once
// Text in columns.

#include <ostream>
#include <string>
#include <vector>

namespace pactor::cli {

/// True if standard output is a terminal and NO_COLOR is not set.
[[nodiscard]] bool colour_wanted();

/// Rows under a header. Columns are as wide as their widest cell, and two spaces apart.
class table {
public:
  explicit table(std::vector<std::string> header) : header_{std::move(header)} {}
  /// @pre as many cells as the header has
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// With a bold header if `colour`.
  void print(std::ostream& out, bool colour) const;

private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

} // namespace pactor::cli
