#pragma once
// What every C++ snippet sees, and what job libraries can use: arrays and their arithmetic, matrices, random numbers,
// printing, plots. docs/prelude.md lists it. Job libraries say `using namespace pactor::prelude;` and link
// pactor::prelude.

#include "pactor/context.hpp"
#include "pactor/detail/snippet.hpp"
#include "pactor/ndarray.hpp"
#include "pactor/prelude/arithmetic.hpp"
#include "pactor/prelude/arrays.hpp"
#include "pactor/prelude/current.hpp"
#include "pactor/prelude/format.hpp"
#include "pactor/prelude/linalg.hpp"
#include "pactor/prelude/numpy.hpp"
#include "pactor/prelude/plot.hpp"
#include "pactor/prelude/reductions.hpp"
#include "pactor/prelude/system.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>
