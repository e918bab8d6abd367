# Warnings, sanitizers, ccache and mold where present.
find_program(FLOE_CCACHE ccache)
if(FLOE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${FLOE_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers -fno-omit-frame-pointer -fPIE)
add_link_options(-pie)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12 inside std::string and std::variant at -O2.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
                      -Wno-free-nonheap-object)
  find_program(FLOE_MOLD mold)
  if(FLOE_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
else()
  add_compile_options(-Wthread-safety)
endif()

if(FLOE_SANITIZE STREQUAL "address")
  # Without the checks that ASan or a crash shows anyway: they cost 40 % of the compile time.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr,null,alignment,object-size,nonnull-attribute,returns-nonnull-attribute
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(FLOE_SANITIZE STREQUAL "thread")
  # It does not understand fences. Asio's stand beside locks, which say the same; a fence of ours would be an error.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()

# x86-64-v3 kernels are chosen where they pay with target attributes; the base build runs on any x86-64.
