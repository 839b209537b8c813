#pragma once
// A process that ends in the middle of a job still says what the job had printed.

namespace pactor::worker {

class capture;
class crash_trace;

/// From now on exit() and fatal signals first see to `c`, and the signals leave a trace in `t`; both have to live as
/// long as the process. Call once, in the thread that runs jobs: its stack may overflow, so handlers get another one.
void save_last_words(capture& c, const crash_trace& t);

} // namespace pactor::worker
