# Kernels for the CPU: each source is compiled once for each level of instructions, and the best is
# chosen when the program runs (framework/ops/kernels/table.h).
include_guard(GLOBAL)

# roux_add_kernels(<room> SOURCES ... [TARGET <target>])
#
# They go into libroux.so, or into <target> (a test's program).
function(roux_add_kernels room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TARGET" "SOURCES")
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()  # elsewhere the references run
  endif()
  set(avx2 -mavx2 -mfma -mf16c -mbmi -mbmi2)
  set(avx512 ${avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512)
  set(avx512_bf16 ${avx512} -mavx512bf16)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    set(false_alarms -Wno-uninitialized -Wno-maybe-uninitialized)  # of <immintrin.h>: GCC bug 105593
  endif()
  foreach(level IN ITEMS avx2 avx512 avx512_bf16)
    set(target roux_${room}_${level})
    add_library(${target} OBJECT ${arg_SOURCES})
    target_include_directories(${target} PRIVATE
      ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/framework)
    target_compile_definitions(${target} PRIVATE ROUX_LEVEL=${level} ROUX_LEVEL_${level}=1)
    # Sums may be taken in another order, but NaN and infinity stay what they are.
    target_compile_options(${target} PRIVATE ${${level}}
      -fno-math-errno -fno-trapping-math -fno-signed-zeros -fassociative-math -ffp-contract=fast ${false_alarms})
    target_link_libraries(${target} PRIVATE roux::warnings)
    if(arg_TARGET)
      target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
      target_link_libraries(${arg_TARGET} PRIVATE ${target})
    else()
      set_property(GLOBAL APPEND PROPERTY ROUX_KERNELS ${target})
    endif()
  endforeach()
endfunction()
