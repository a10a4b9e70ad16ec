# How every target of the house is built: the language level, the warnings, and one function per kind of room.
include_guard()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# -O3, which is CMake's own choice, takes the compiler longer; route_local, durable_local and classify were measured with -O2.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(TROUPE_CCACHE ccache)
if(TROUPE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TROUPE_CCACHE}")
  # With precompiled headers ccache wants CCACHE_SLOPPINESS=pch_defines,time_macros; the scripts set it.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

add_library(troupe_options INTERFACE)
target_compile_features(troupe_options INTERFACE cxx_std_20)
target_compile_options(troupe_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
# g++ 12 sees overlapping and endless copies in std::string concatenation where there are none (GCC bugs 105651, 105329).
target_compile_options(troupe_options INTERFACE
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overflow;-Wno-array-bounds>)
target_compile_definitions(troupe_options INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ERROR_CODE_HEADER_ONLY)

option(TROUPE_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(TROUPE_SANITIZE)
  # CAF 0.17 dereferences a null reference in its own headers when it spawns function-based actors: hence no 'null'.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
option(TROUPE_FUZZ "Build the fuzzers' targets for libFuzzer (clang)" OFF)
if(TROUPE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=null,vptr -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
option(TROUPE_COVERAGE "Build with coverage counters" OFF)
if(TROUPE_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()

# troupe_floor(FOLDER TARGET [COLD] LINK libs... [PCH headers...|PCH_OF target]): one static library from the .cpp files directly in FOLDER. A folder that
# holds only headers (or nothing yet) becomes an interface library, so that the picture above stays the same.
#
# TOGETHER n compiles so many files as one: most of the time of a small file goes into the headers that its neighbours
# read as well. -DTROUPE_APART=ON compiles each alone, which also proves that each includes what it uses. A COLD room has
# nothing that a task waits for, and is optimised less, which compiles sooner.
option(TROUPE_APART "Compile every file alone" OFF)
function(troupe_floor folder target)
  cmake_parse_arguments(arg "COLD" "TOGETHER;PCH_OF" "LINK;PCH" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  file(GLOB protos CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.proto")
  if(sources OR protos)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${arg_LINK})
    if(arg_COLD AND CMAKE_BUILD_TYPE STREQUAL "Release")
      target_compile_options(${target} PRIVATE -O1)
    endif()
    troupe_precompile(${target} ${arg_PCH} ${arg_PCH_OF})
    if(arg_TOGETHER AND NOT TROUPE_APART)
      set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${arg_TOGETHER})
    endif()
    if(protos)
      troupe_protobuf(${target} "${CMAKE_CURRENT_SOURCE_DIR}/${folder}" ${protos})
    endif()
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_LINK})
  endif()
endfunction()

# The headers that most files of a room read are read once. What is precompiled is only a matter of time: every file
# still includes what it uses. Instead of headers, one other target can be named: its headers are taken as they are,
# which costs nothing, but needs the same compiler options.
function(troupe_precompile target)
  if(ARGN AND NOT TROUPE_NO_PCH)
    if(TARGET ${ARGV1})
      target_precompile_headers(${target} REUSE_FROM ${ARGV1})
    else()
      target_precompile_headers(${target} PRIVATE ${ARGN})
    endif()
  endif()
endfunction()
option(TROUPE_NO_PCH "Build without precompiled headers" OFF)

# Generated code lands in <build>/generated and is exempt from our warnings.
function(troupe_protobuf target root)
  set(out "${CMAKE_BINARY_DIR}/generated")
  file(MAKE_DIRECTORY "${out}")
  foreach(proto ${ARGN})
    get_filename_component(name "${proto}" NAME_WE)
    add_custom_command(
      OUTPUT "${out}/${name}.pb.cc" "${out}/${name}.pb.h"
      COMMAND protobuf::protoc "--cpp_out=${out}" "--proto_path=${root}" "${proto}"
      DEPENDS "${proto}" VERBATIM)
    target_sources(${target} PRIVATE "${out}/${name}.pb.cc")
    set_source_files_properties("${out}/${name}.pb.cc" PROPERTIES COMPILE_OPTIONS "-w")
  endforeach()
  target_include_directories(${target} SYSTEM PUBLIC "${out}")
endfunction()

# Tasks are made on one thread and end on another, which glibc's allocator punishes; programs of our own use jemalloc
# (docs/decisions). Libraries do not: an embedding application chooses for itself. Sanitizers bring their own.
function(troupe_allocator target)
  if(TARGET Jemalloc::jemalloc)
    # Nothing names it, so that a linker told to drop unused libraries would drop it.
    target_link_options(${target} PRIVATE "LINKER:--no-as-needed")
    target_link_libraries(${target} PRIVATE Jemalloc::jemalloc)
  endif()
endfunction()
