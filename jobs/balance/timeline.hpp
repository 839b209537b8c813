#pragma once
// Who ran what when, as a picture: a row for each engine, a bar for each task.

#include <pactor/async_result.hpp>

#include <iosfwd>
#include <string>
#include <vector>

/// Tasks that ended.
struct timeline {
  std::string title;
  std::vector<pactor::task_info> tasks;

  /// From the start of the first to the end of the last.
  [[nodiscard]] pactor::seconds makespan() const;
};

/// Writes them below each other, on one scale, as SVG.
void draw(std::ostream& out, const std::vector<timeline>& all);
