# pactor_add_job_library(NAME SOURCE... [OUTPUT_DIRECTORY DIR])
#
# Builds libNAME.so, a library of jobs (see pactor/job.hpp), into DIR, which is PACTOR_JOBS_OUTPUT_DIRECTORY or the
# current binary directory if it is not given. Link what the jobs need to the target NAME.
function(pactor_add_job_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT_DIRECTORY" "")
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY "${PACTOR_JOBS_OUTPUT_DIRECTORY}")
  endif()
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  add_library(${name} MODULE ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE pactor::job)
  if(TARGET pactor_options) # pactor's own libraries are compiled as pactor is
    target_link_libraries(${name} PRIVATE pactor_options)
  endif()
  # Only the jobs are visible, and nothing in the library is unique to the process: two libraries, or two builds of
  # one, can be loaded beside each other.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  set_target_properties(
    ${name}
    PROPERTIES CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               PREFIX lib
               LIBRARY_OUTPUT_DIRECTORY "${arg_OUTPUT_DIRECTORY}")
endfunction()
