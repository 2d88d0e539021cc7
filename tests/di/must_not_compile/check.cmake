# Compiles FILE, which must fail with the message in the comment at its top, and no other error:
#   cmake -DCOMPILER=g++ -DINCLUDE=include -DFILE=provide_int.cpp -P check.cmake
file(READ ${FILE} expected)
string(REGEX REPLACE "\n[^/].*" "" expected "${expected}")
string(REGEX REPLACE "(^|\n)// " " " expected "${expected}")
string(STRIP "${expected}" expected)

execute_process(
  COMMAND ${COMPILER} -std=c++20 -fsyntax-only -fno-diagnostics-show-caret -I${INCLUDE} ${FILE}
  OUTPUT_QUIET ERROR_VARIABLE output RESULT_VARIABLE failed)
if(NOT failed)
  message(FATAL_ERROR "it compiles")
endif()
string(REPLACE ";" "," expected "${expected}")  # else CMake takes the text for a list
string(REPLACE ";" "," output "${output}")

string(REGEX MATCHALL "error: [^\n]*" errors "${output}")
list(LENGTH errors count)
list(GET errors 0 first)
string(FIND "${first}" "${expected}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "the first error is another one:\n${output}")
endif()
if(NOT count EQUAL 1)
  message(FATAL_ERROR "there is more than one error:\n${output}")
endif()
