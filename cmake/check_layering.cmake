# Which way dependencies point: cli -> actors -> runtime <- jobs. CAF sits in the system's include path and all of this
# project under one root, so the compiler would not notice.
#   cmake -DROOT=<source tree> -P check_layering.cmake
cmake_minimum_required(VERSION 3.25)

# Complains about each line under `folder` that matches `pattern`; a further argument names files to leave out.
function(forbid folder pattern reason)
  file(
    GLOB_RECURSE files
    RELATIVE ${ROOT}
    ${ROOT}/${folder}/*.hpp
    ${ROOT}/${folder}/*.cpp
    ${ROOT}/${folder}/*.h
    ${ROOT}/${folder}/*.c)
  if(ARGN)
    list(FILTER files EXCLUDE REGEX "${ARGN}")
  endif()
  foreach(file IN LISTS files)
    file(STRINGS ${ROOT}/${file} lines REGEX "${pattern}")
    if(lines)
      list(GET lines 0 line)
      message(SEND_ERROR "${file}: ${line}\n  ${reason}")
    endif()
  endforeach()
endfunction()

set(include "^[ \t]*#[ \t]*include[ \t]*[<\"]")

foreach(folder IN ITEMS runtime jobs actors/include)
  forbid(${folder} "${include}caf/" "CAF stays in actors, out of sight of users and jobs")
endforeach()
foreach(folder IN ITEMS runtime jobs)
  forbid(${folder} "${include}(actors|cli)/" "${folder} knows nothing of what is built on it")
  # Public headers of actors are found under the same name as those of runtime.
  file(
    GLOB_RECURSE headers
    RELATIVE ${ROOT}/actors/include
    ${ROOT}/actors/include/*.hpp)
  foreach(header IN LISTS headers)
    # The tour and the slides are client programs, models for users' own.
    forbid(${folder} "${include}${header}[>\"]" "${folder} knows nothing of what is built on it" "^jobs/(tour|balance|slides)/")
  endforeach()
endforeach()
forbid(actors "${include}cli/" "actors knows nothing of what is built on it")
forbid(jobs "${include}runtime/" "jobs see the installed headers only, as users' jobs do")
foreach(folder IN ITEMS runtime/include actors/include)
  forbid(${folder} "${include}(runtime|actors)/" "an installed header needs installed headers only")
endforeach()
forbid(runtime/core "${include}runtime/(files|security|process|jobs|worker)/" "a core does no I/O")
# What makes a translation unit of a snippet is text in, text out; compiling it is compiler.* and cache.*.
set(compiling "^runtime/snippets/(compiler|cache)")
forbid(runtime/snippets "${include}runtime/(files|security|process|jobs|worker)/" "a translation does no I/O" "${compiling}")
forbid(runtime/snippets "${include}(fstream|filesystem|cstdio|iostream|unistd.h|thread|random)>" "a translation does no I/O" "${compiling}")
forbid(runtime/core "(_clock|steady|clock)::now\\(|random_device|std::rand\\(" "time and chance are arguments of a core")
