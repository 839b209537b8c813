#pragma once
// How many elements of a load-balanced map go into each task.

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace pactor::core {

/// Where the parts begin, then `n` itself. Parts shrink toward the end (guided self-scheduling): whatever the elements
/// take, little is left to run when the first engine finds nothing more to do.
///
/// While it is not known what an element takes, no part has more than 1/64 of an engine's share of what is left, so
/// that elements that turn out to be long, or very unlike each other, spread well; a map of some hundred elements has
/// a task for each. Once it is known, parts take about 2 ms, which hides the way there and back, but at most a quarter
/// of an engine's share, and at least 20 us, below which tasks would cost more than what they do.
/// @param element the mean duration of one; nothing if it is not known
[[nodiscard]] std::vector<std::size_t> chunk_starts(std::size_t n, std::size_t engines,
                                                    std::optional<std::chrono::duration<double>> element);

} // namespace pactor::core
