#pragma once
// The names of job libraries, as the disk, the rollout and messages have them.

#include "actors/protocol.hpp"
#include "runtime/core/library_rollout.hpp"
#include "runtime/jobs/library_store.hpp"

namespace pactor {

inline jobs::library_name name_of(const wire_library& l) { return {l.file, l.hash, l.size}; }
inline jobs::library_name name_of(const core::shipped_library& l) { return {l.file, l.hash, l.size}; }
inline wire_library wire_of(const core::shipped_library& l) { return {l.file, l.hash, l.size}; }
inline wire_library wire_of(const jobs::library_name& l) { return {l.file, l.hash, l.size}; }

} // namespace pactor
