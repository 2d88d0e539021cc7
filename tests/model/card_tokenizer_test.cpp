#include "roux/model/card_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/tokenizer/load.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A tiktoken file of the 256 bytes alone.
std::string ranks_of_bytes() {
  const std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    text += cat(digits[byte >> 2U], digits[(byte & 3U) << 4U], "== ", byte, '\n');
  }
  return text;
}

class CardTokenizer : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) {
    const auto file = folder_.path() / name;
    fs::create_directories(file.parent_path());
    write_file(file, text);
    return file;
  }

  std::string render(const TokenizerFiles& files) {
    const auto found = find_chat_template(files, *make_byte_tokenizer());
    return found ? found->render(kChat).text : "none";
  }

  const std::vector<ChatMessage> kChat = {{.role = "user", .content = "Hi"}};
  TemporaryFolder folder_;
};

TEST_F(CardTokenizer, IsReadAsTheFamilyThatTheCardNames) {
  const auto file = write("words/mine.tiktoken", ranks_of_bytes());

  EXPECT_THAT([&] { load_tokenizer(TokenizerFiles{file}); },
              ThrowsMessage<DataError>(HasSubstr("its name does not tell its family")));
  const auto of_file = load_tokenizer({.path = file, .family = "gpt2"});
  const auto of_folder = load_tokenizer({.path = file.parent_path(), .family = "gpt2"});
  EXPECT_EQ(of_file->encode("ab").size(), 2U);
  EXPECT_EQ(of_folder->size(), of_file->size());
}

TEST_F(CardTokenizer, RefusesAFamilyWhereThereIsNoTiktokenFile) {
  const auto json = write("words/tokenizer.json", "{}");

  EXPECT_THAT([&] { load_tokenizer({.path = json.parent_path(), .family = "gpt2"}); },
              ThrowsMessage<ConfigError>(HasSubstr("words holds none: leave it out")));
}

TEST_F(CardTokenizer, TakesTheChatTemplateOfTheCardBeforeThatOfTheFolder) {
  const auto own = write("words/chat_template.jinja", "own {{ messages[0].content }}");
  const auto other = write("other.jinja", "other {{ messages[0].content }}");

  EXPECT_EQ(render({.path = own.parent_path()}), "own Hi");
  EXPECT_EQ(render({.path = own.parent_path() / "tokenizer.json"}), "own Hi");
  EXPECT_EQ(render({.path = own.parent_path(), .chat_template = other}), "other Hi");
  EXPECT_EQ(render({.path = own.parent_path(), .chat_template = "chatml"}),
            "<|im_start|>user\nHi<|im_end|>\n");
  EXPECT_EQ(render({.path = folder_.path()}), "none");
  EXPECT_THAT([&] { render({.path = folder_.path(), .chat_template = "x.jinja"}); },
              ThrowsMessage<ConfigError>("the chat template x.jinja is not there"));
}

}  // namespace
}  // namespace roux
