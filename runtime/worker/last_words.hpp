#pragma once
// A process that ends in the middle of a job still says what the job had printed.

namespace pactor::worker {

class capture;

/// From now on exit() and fatal signals first see to `c`, which has to live as long as the process. Call once, in
/// the thread that runs jobs: its stack may overflow, so handlers get another one.
void save_last_words(capture& c);

} // namespace pactor::worker
