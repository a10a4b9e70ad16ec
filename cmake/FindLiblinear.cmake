# Finds liblinear (linear classifiers) and defines Liblinear::Liblinear.
find_path(LIBLINEAR_INCLUDE_DIR NAMES linear.h)
find_library(LIBLINEAR_LIBRARY NAMES linear)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Liblinear REQUIRED_VARS LIBLINEAR_INCLUDE_DIR LIBLINEAR_LIBRARY)
if(Liblinear_FOUND AND NOT TARGET Liblinear::Liblinear)
  add_library(Liblinear::Liblinear UNKNOWN IMPORTED)
  set_target_properties(Liblinear::Liblinear PROPERTIES IMPORTED_LOCATION "${LIBLINEAR_LIBRARY}"
                                                        INTERFACE_INCLUDE_DIRECTORIES "${LIBLINEAR_INCLUDE_DIR}")
endif()
