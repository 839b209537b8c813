#include "timeline.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <set>

namespace {

constexpr double width = 900, left = 90, right = 20, row = 26, bar = 18, title = 34, axis = 34;

double ms(pactor::seconds s) { return s.count() * 1e3; }

pactor::task_info::time_point start_of(const timeline& t) {
  return std::ranges::min(t.tasks, {}, &pactor::task_info::started).started;
}

std::set<int> engines_of(const timeline& t) {
  std::set<int> engines;
  for (const auto& task : t.tasks) engines.insert(task.engine);
  return engines;
}

void draw_axis(std::ostream& out, double y, double longest_ms, double scale) {
  const auto step = longest_ms / 8;
  for (int i = 0; i <= 8; ++i)
    out << "<text x=\"" << left + i * step * scale << "\" y=\"" << y + 16 << "\" class=\"axis\">" << i * step
        << "</text>\n";
  out << "<text x=\"" << left << "\" y=\"" << y + 30 << "\" class=\"name\">milliseconds</text>\n";
}

/// @return where the next one begins
double draw_one(std::ostream& out, const timeline& t, double y, double scale) {
  out << "<text x=\"10\" y=\"" << y + 22 << "\" class=\"title\">" << t.title << ": " << ms(t.makespan())
      << " ms</text>\n";
  y += title;
  const auto begin = start_of(t);
  for (const auto engine : engines_of(t)) {
    out << "<text x=\"10\" y=\"" << y + 14 << "\" class=\"name\">engine " << engine << "</text>\n"
        << "<rect x=\"" << left << "\" y=\"" << y << "\" width=\"" << width - left - right << "\" height=\"" << bar
        << "\" class=\"row\"/>\n";
    for (const auto& task : t.tasks) {
      if (task.engine != engine) continue;
      const auto took = ms(task.completed - task.started);
      out << "<rect class=\"task" << (took > 20 ? " long" : "") << "\" x=\"" << left + ms(task.started - begin) * scale
          << "\" y=\"" << y << "\" width=\"" << std::max(took * scale - 0.5, 0.5) << "\" height=\"" << bar
          << "\"><title>task " << task.id << ": " << took << " ms</title></rect>\n";
    }
    y += row;
  }
  return y;
}

} // namespace

pactor::seconds timeline::makespan() const {
  return std::ranges::max(tasks, {}, &pactor::task_info::completed).completed - start_of(*this);
}

void draw(std::ostream& out, const std::vector<timeline>& all) {
  double longest = 1, height = axis + 10;
  for (const auto& t : all) {
    longest = std::max(longest, ms(t.makespan()));
    height += title + row * static_cast<double>(engines_of(t).size());
  }
  const auto scale = (width - left - right) / longest;
  out << std::fixed << std::setprecision(1) << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width
      << "\" height=\"" << height << "\">\n"
      << "<style>text{font-family:sans-serif;fill:#333}.title{font-size:15px;font-weight:bold}.name{font-size:12px}"
         ".axis{font-size:11px;text-anchor:middle}.row{fill:#eee}.task{fill:#4a90c2}.long{fill:#d9622b}</style>\n"
      << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  double y = 0;
  for (const auto& t : all) y = draw_one(out, t, y, scale);
  draw_axis(out, y, longest, scale);
  out << "</svg>\n";
}
