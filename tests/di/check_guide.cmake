# The C++ of a page of the guide, its blocks taken together, must compile:
#   cmake -DCOMPILER=g++ -DINCLUDE=include -DPAGE=docs/container.md -DWORK=… -P check_guide.cmake
file(READ ${PAGE} text)
string(REPLACE ";" "\\;" text "${text}")
string(REGEX MATCHALL "\n```cpp\n[^`]*```" blocks "${text}")
if(NOT blocks)
  message(FATAL_ERROR "no C++ in ${PAGE}")
endif()

set(code "")
foreach(block IN LISTS blocks)
  string(REGEX REPLACE "\n```cpp\n([^`]*)```" "\\1\n" block "${block}")
  string(APPEND code "${block}")
endforeach()
file(WRITE ${WORK}/guide.cpp "${code}")

execute_process(
  COMMAND ${COMPILER} -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I${INCLUDE} ${WORK}/guide.cpp
  RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "the C++ of ${PAGE} does not compile")
endif()
