# Finds the C++ Actor Framework and defines CAF::core (and CAF::io, CAF::openssl where present).
#
# CAF 0.18 and later bring a package configuration, which is used when it is found. Debian's 0.17.6 has none: there the
# header, the libraries and the version number are looked up by hand. CAF_ROOT names another prefix.
find_package(CAF CONFIG QUIET)
if(TARGET CAF::core)
  return()
endif()

find_path(CAF_INCLUDE_DIR NAMES caf/all.hpp HINTS ${CAF_ROOT} PATH_SUFFIXES include)
if(CAF_INCLUDE_DIR AND EXISTS "${CAF_INCLUDE_DIR}/caf/config.hpp")
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" caf_version_line REGEX "#define +CAF_VERSION +[0-9]+")
  if(caf_version_line MATCHES "CAF_VERSION +([0-9]+)")
    # 1706 means 0.17.06: two digits for the patch level, two for the minor version, the rest is the major version.
    math(EXPR caf_major "${CMAKE_MATCH_1} / 10000")
    math(EXPR caf_minor "${CMAKE_MATCH_1} / 100 % 100")
    math(EXPR caf_patch "${CMAKE_MATCH_1} % 100")
    set(CAF_VERSION "${caf_major}.${caf_minor}.${caf_patch}")
  endif()
endif()

set(caf_libraries)
foreach(component core io openssl)
  find_library(CAF_${component}_LIBRARY NAMES caf_${component} HINTS ${CAF_ROOT} PATH_SUFFIXES lib)
  mark_as_advanced(CAF_${component}_LIBRARY)
  if(CAF_${component}_LIBRARY)
    set(CAF_${component}_FOUND TRUE)
    list(APPEND caf_libraries ${component})
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF REQUIRED_VARS CAF_INCLUDE_DIR CAF_core_LIBRARY VERSION_VAR CAF_VERSION
                                  HANDLE_COMPONENTS)
if(NOT CAF_FOUND)
  return()
endif()

find_package(Threads REQUIRED)
foreach(component ${caf_libraries})
  add_library(CAF::${component} UNKNOWN IMPORTED)
  set_target_properties(CAF::${component} PROPERTIES IMPORTED_LOCATION "${CAF_${component}_LIBRARY}"
                                                     INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}")
endforeach()
target_link_libraries(CAF::core INTERFACE Threads::Threads)
if(TARGET CAF::io)
  target_link_libraries(CAF::io INTERFACE CAF::core)
endif()
if(TARGET CAF::openssl)
  find_package(OpenSSL REQUIRED)
  target_link_libraries(CAF::openssl INTERFACE CAF::io OpenSSL::SSL)
endif()
