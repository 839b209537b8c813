#include "session.hpp"

#include <doctest/doctest.h>
