#pragma once
// Processes that hold keys leave none of them behind.

namespace pactor::process {

/// From now on this process leaves no core dump, whatever the system's settings say, and other processes of its user
/// can't look into its memory. What it starts is not affected. With `PACTOR_CORE_DUMPS=1` in the environment, for
/// debuggers, it does nothing; nor under a sanitizer, which looks into the memory itself.
void keep_secrets();

} // namespace pactor::process
