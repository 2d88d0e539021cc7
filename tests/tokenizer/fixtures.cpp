#include "tokenizer/fixtures.h"

#include <cstdlib>

#include "tokenizer/chat_fixtures.h"

namespace roux {

std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(ROUX_TOKENIZER_FIXTURES) / name;
}

namespace chat_test {

std::filesystem::path fixtures() {
  const char* fresh = std::getenv("ROUX_CHAT_FIXTURES");
  return fresh == nullptr ? std::filesystem::path(ROUX_TOKENIZER_FIXTURES) / "../chat" : fresh;
}

}  // namespace chat_test
}  // namespace roux
