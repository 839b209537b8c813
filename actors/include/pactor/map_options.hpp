#pragma once
// How a map is cut up and read.

#include <cstddef>

namespace pactor {

/// Of map() and imap(), of both kinds of views.
struct map_options {
  /// Elements of one task. 0 is automatic: of a load-balanced map by what elements of this job took in this client's
  /// last map of it, fewer toward the end; of imap() 1. A direct view's map has one task an engine whatever this says.
  std::size_t chunksize = 0;
  /// Whether iterating over the result goes in element order or in the order in which tasks end. get() always
  /// returns the results in element order.
  bool ordered = true;
  /// imap(): the most tasks that were sent and whose results were not taken yet; 0 is automatic: twice the engines.
  std::size_t max_outstanding = 0;
};

} // namespace pactor
