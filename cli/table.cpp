#include "cli/table.hpp"

#include "cli/style.hpp"

#include <algorithm>
#include <unistd.h>

namespace pactor::cli {

bool colour_wanted() { return colour_wanted(STDOUT_FILENO); }

void table::print(std::ostream& out, bool colour) const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < header_.size(); ++column) {
    auto width = header_[column].size();
    for (const auto& row : rows_) width = std::max(width, row[column].size());
    widths.push_back(width);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      text += cells[column];
      if (column + 1 < cells.size()) text.append(widths[column] - cells[column].size() + 2, ' ');
    }
    return text;
  };
  if (colour)
    out << "\033[1m" << line(header_) << "\033[0m\n";
  else
    out << line(header_) << '\n';
  for (const auto& row : rows_) out << line(row) << '\n';
}

} // namespace pactor::cli
