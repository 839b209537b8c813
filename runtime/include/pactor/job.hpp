#pragma once
// All that a job library includes. A job is a function; its parameters and result are whatever pactor/codec.hpp
// encodes. `std::span<const T>`, `pactor::ndarray_view<T>` and `std::string_view` read large arguments in place. An
// optional first parameter `pactor::context&` gives the engine and its variables.
//
//   double power10(double x) { return std::pow(x, 10); }
//   PACTOR_JOB(power10)

#include "pactor/codec.hpp"
#include "pactor/context.hpp"
#include "pactor/detail/job_entry.hpp"
#include "pactor/detail/job_record.hpp"
#include "pactor/error.hpp"
#include "pactor/job_abi.h"
#include "pactor/job_descriptor.hpp"
#include "pactor/ndarray.hpp"
#include "pactor/value.hpp"

#ifndef BOOST_DLL_USE_STD_FS
#define BOOST_DLL_USE_STD_FS
#endif
#include <boost/dll/alias.hpp>

#define PACTOR_JOIN_(a, b, c, d) a##b##c##d
#define PACTOR_JOIN(a, b, c, d) PACTOR_JOIN_(a, b, c, d)
#define PACTOR_TEXT_(x) #x
#define PACTOR_TEXT(x) PACTOR_TEXT_(x)
#define PACTOR_ALIAS(fn) PACTOR_JOIN(pactor_job_abi, PACTOR_JOB_ABI, _, fn)

/// Makes the function a job by its own name. Stands behind the function, in its namespace, without a semicolon.
#define PACTOR_JOB(fn) PACTOR_JOB_AS(fn, #fn)

/// Makes the function a job by another name, a string literal such as "stats.local_sum".
#define PACTOR_JOB_AS(fn, job_name)                                                                                    \
  [[gnu::section("pactor_info"), gnu::used]] alignas(16) static constexpr auto pactor_record_##fn =                    \
      ::pactor::detail::job_record(                                                                                    \
          ::pactor::detail::fixed_text{job_name},                                                                      \
          ::pactor::detail::signature_text<::pactor::detail::function_traits<decltype(&fn)>::signature>::value,        \
          ::pactor::detail::fixed_text{PACTOR_TEXT(PACTOR_ALIAS(fn))});                                                \
  BOOST_DLL_ALIAS_SECTIONED(::pactor::detail::job_entry<&fn>::run, PACTOR_ALIAS(fn), pactor)
