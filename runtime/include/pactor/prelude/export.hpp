#pragma once

/// In front of what libpactor_prelude offers.
#define PACTOR_PRELUDE_API [[gnu::visibility("default")]]
