// The functions that are only declared where PACTOR_COMPILED is defined.

#define PACTOR_BODIES
#include "pactor/context.hpp"
#include "pactor/detail/plain_type.hpp"
