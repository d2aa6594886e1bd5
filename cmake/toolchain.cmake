# How things are compiled: ccache and mold where they are, sanitizers where asked for.
find_program(MOLD mold)
if(MOLD)
  # What runs once at the start, and what handles errors, lies apart from the rest: a program's
  # start then brings less of it into memory.
  add_link_options(-fuse-ld=mold -Wl,-z,keep-text-section-prefix)
endif()
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

# Called after the generated protocol classes are defined: they are not ours to check, and build faster without.
macro(belfry_sanitize)
  if(BELFRY_SANITIZE)
    add_compile_options(-fsanitize=${BELFRY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${BELFRY_SANITIZE})
  endif()
  if(BELFRY_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
endmacro()
