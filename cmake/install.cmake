# `cmake --install`: what users build against and run. find_package(pactor) then offers
#   pactor::client  programs that call jobs (pactor/client.hpp)
#   pactor::job     job libraries (pactor/job.hpp), with pactor_add_job_library()
#   pactor::prelude what these can use besides: arrays, matrices, texts, plots (pactor/prelude.hpp)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pactor)

install(DIRECTORY runtime/include/pactor actors/include/pactor DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
install(TARGETS pactor_client pactor_job pactor_prelude EXPORT pactorTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT pactorTargets NAMESPACE pactor:: DESTINATION ${package_dir})
configure_package_config_file(cmake/pactorConfig.cmake.in ${PROJECT_BINARY_DIR}/pactorConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pactorConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pactorConfig.cmake ${PROJECT_BINARY_DIR}/pactorConfigVersion.cmake
              cmake/PactorJobs.cmake DESTINATION ${package_dir})

# Programs find these relative to themselves.
install(TARGETS pactor_worker RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/pactor)
install(TARGETS basics LIBRARY DESTINATION lib/pactor/jobs)
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/pactor/configs)
