#include "roux/tokenizer/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "tokenizer/chat_fixtures.h"

namespace roux {
namespace {

using chat_test::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// "…[…]…": the text with brackets around what the assistant said.
std::string bracketed(const RenderedChat& chat) {
  std::string result;
  std::size_t at = 0;
  for (const TextRange& range : chat.assistant) {
    result += chat.text.substr(at, range.begin - at) + "⟦";
    result += chat.text.substr(range.begin, range.end - range.begin) + "⟧";
    at = range.end;
  }
  return result + chat.text.substr(at);
}

const std::vector<ChatMessage> kShort = {{"user", "Hi"}, {"assistant", "Ho"}, {"user", "?"}};

TEST(ChatTemplateParity, RendersWhatTransformersRenders) {
  std::size_t count = 0;
  for (const std::string& family : chat_test::families()) {
    const ChatTemplate chat_template = chat_test::template_of(family);
    for (const Json& each : chat_test::read_json(chat_test::fixtures() / (family + ".json"))) {
      const auto messages = parse_chat_messages(each["messages"].dump());
      const ChatOptions options = chat_test::options_of(each["options"]);
      const std::string what =
          family + " " + each["messages"].dump() + " " + each["options"].dump();
      ++count;
      try {
        const RenderedChat chat = chat_template.render(messages, options);
        ASSERT_TRUE(each.contains("text"))
            << what << "\nis " << chat.text << "\nwhere transformers "
            << "says " << each.value("error", "");
        ASSERT_EQ(chat.text, each["text"].get<std::string>()) << what;
      } catch (const DataError& error) {
        ASSERT_TRUE(each.contains("error")) << what << "\n" << error.what();
      }
    }
  }
  EXPECT_GT(count, 100U);
}

TEST(ChatTemplateParity, MasksWhatTransformersMasksInGenerationBlocks) {
  const auto cases = chat_test::read_json(chat_test::fixtures() / "masks/generation.json");
  for (const Json& each : cases) {
    const ChatTemplate chat_template(each["template"].get<std::string>());
    const RenderedChat chat = chat_template.render(parse_chat_messages(each["messages"].dump()));

    ASSERT_EQ(chat.text, each["text"].get<std::string>());
    Json mask = Json::array();
    for (const TextRange& range : chat.assistant) mask.push_back({range.begin, range.end});
    EXPECT_EQ(mask, each["mask"]) << bracketed(chat);
  }
  EXPECT_FALSE(cases.empty());
}

// What the model sees before an answer, rendered alone, ends where the answer begins.
TEST(ChatTemplateParity, LetsAnAnswerBeginWhereThePromptEnds) {
  std::size_t count = 0;
  for (const std::string& family : ChatTemplate::builtin_names()) {
    const ChatTemplate chat_template = chat_test::template_of(family);
    for (const Json& each : chat_test::read_json(chat_test::fixtures() / (family + ".json"))) {
      if (!each.contains("text") || each["options"].contains("continue_final_message")) continue;
      const auto messages = parse_chat_messages(each["messages"].dump());
      ChatOptions options = chat_test::options_of(each["options"]);
      const RenderedChat chat = chat_template.render(messages, options);
      options.add_generation_prompt = true;
      for (std::size_t i = 1; i < messages.size(); ++i) {
        if (messages[i].role != "assistant" || !messages[i].content) continue;
        std::string prompt;
        try {
          prompt = chat_template.render(std::span(messages.data(), i), options).text;
        } catch (const DataError&) {
          continue;
        }
        if (!chat.text.starts_with(prompt)) continue;
        ++count;
        const bool begins =
            std::any_of(chat.assistant.begin(), chat.assistant.end(), [&](const TextRange& range) {
              // Mistral's answers begin with a space that belongs to the first word's token.
              return range.begin == prompt.size() ||
                     (range.begin == prompt.size() + 1 && chat.text[prompt.size()] == ' ');
            });
        EXPECT_TRUE(begins) << family << " message " << i << "\n" << bracketed(chat);
      }
    }
  }
  EXPECT_GT(count, 100U);
}

std::string masked(const char* family, const std::vector<ChatMessage>& messages,
                   const ChatOptions& options = {}) {
  return bracketed(ChatTemplate::builtin(family).render(messages, options));
}

TEST(ChatTemplate, MasksTheAnswerAndTheTokenThatEndsIt) {
  EXPECT_EQ(masked("chatml", kShort),
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n⟦Ho<|im_end|>⟧\n"
            "<|im_start|>user\n?<|im_end|>\n");
  EXPECT_EQ(masked("llama2", kShort), "<s>[INST] Hi [/INST]⟦ Ho </s>⟧<s>[INST] ? [/INST]");
  EXPECT_EQ(masked("mistral", kShort), "<s> [INST] Hi [/INST]⟦ Ho</s>⟧ [INST] ? [/INST]");
  EXPECT_EQ(masked("llama3", kShort),
            "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n⟦Ho<|eot_id|>⟧"
            "<|start_header_id|>user<|end_header_id|>\n\n?<|eot_id|>");
  EXPECT_EQ(masked("gemma2", kShort),
            "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n⟦Ho<end_of_turn>⟧\n"
            "<start_of_turn>user\n?<end_of_turn>\n");
  EXPECT_EQ(masked("olmo2", kShort),
            "<|endoftext|><|user|>\nHi\n<|assistant|>\n⟦Ho<|endoftext|>⟧\n<|user|>\n?\n");
  EXPECT_EQ(masked("phi3", kShort),
            "<|user|>\nHi<|end|>\n<|assistant|>\n⟦Ho<|end|>⟧\n<|user|>\n?<|end|>\n<|endoftext|>");
}

TEST(ChatTemplate, MasksTheWholeCallOfATool) {
  const std::vector<ChatMessage> messages = {
      {"user", "Hi"},
      {.role = "assistant",
       .tool_calls = R"([{"id": "abcdefghi", "function": {"name": "f", "arguments": {"x": 2}}}])"},
      {.role = "tool", .content = "3", .fields = R"({"tool_call_id": "abcdefghi"})"},
      {"assistant", "Three."}};

  EXPECT_EQ(masked("qwen3", messages),
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n⟦<tool_call>\n"
            "{\"name\": \"f\", \"arguments\": {\"x\": 2}}\n</tool_call><|im_end|>⟧\n"
            "<|im_start|>user\n<tool_response>\n3\n</tool_response><|im_end|>\n"
            "<|im_start|>assistant\n⟦<think>\n\n</think>\n\nThree.<|im_end|>⟧\n");
  EXPECT_EQ(masked("mistral_v3", messages),
            "<s>[INST] Hi[/INST]⟦[TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {\"x\": 2}, "
            "\"id\": \"abcdefghi\"}]</s>⟧[TOOL_RESULTS] {\"content\": 3, \"call_id\": "
            "\"abcdefghi\"}[/TOOL_RESULTS]⟦ Three.</s>⟧");
  EXPECT_THAT(masked("llama3_1", messages, {.variables = R"({"builtin_tools": []})"}),
              HasSubstr("assistant<|end_header_id|>\n\n⟦{\"name\": \"f\", \"parameters\": "
                        "{\"x\": 2}}<|eom_id|>⟧<|start_header_id|>ipython"));
}

TEST(ChatTemplate, MasksReasoningAsSaid) {
  const std::vector<ChatMessage> messages = {
      {"user", "2+2?"},
      {.role = "assistant", .content = "4", .fields = R"({"reasoning_content": "Easy."})"}};

  EXPECT_EQ(masked("qwen3", messages),
            "<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n"
            "⟦<think>\nEasy.\n</think>\n\n4<|im_end|>⟧\n");
}

TEST(ChatTemplate, MasksTheEndOfAnEmptyAnswer) {
  EXPECT_EQ(masked("chatml", {{"user", "Hi"}, {"assistant", ""}}),
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n⟦<|im_end|>⟧\n");
}

TEST(ChatTemplate, MasksAllTokensThatEndAnAnswer) {
  const ChatTemplate chat_template(
      "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
      "{{ '<|done|>' if m.role == 'assistant' else '' }}<|end|>{% endfor %}"
      "{{ '<|assistant|>' if add_generation_prompt else '' }}");

  EXPECT_EQ(bracketed(chat_template.render(kShort)),
            "<|user|>Hi<|end|><|assistant|>⟦Ho<|done|><|end|>⟧<|user|>?<|end|>");
}

TEST(ChatTemplate, DoesNotTakeAQuoteForAnAnswer) {
  EXPECT_EQ(masked("chatml", {{"user", "Ho"}, {"assistant", "Ho"}, {"user", "Ho"}}),
            "<|im_start|>user\nHo<|im_end|>\n<|im_start|>assistant\n⟦Ho<|im_end|>⟧\n"
            "<|im_start|>user\nHo<|im_end|>\n");
}

TEST(ChatTemplate, LeavesTheEndOpenWhereTheModelGoesOn) {
  EXPECT_EQ(
      masked("chatml", {{"user", "Hi"}, {"assistant", "Ho"}}, {.continue_final_message = true}),
      "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n⟦Ho⟧");
  EXPECT_THAT(
      [] {
        masked("chatml", kShort, {.add_generation_prompt = true, .continue_final_message = true});
      },
      ThrowsMessage<ConfigError>(HasSubstr("must not both be set")));
}

TEST(ChatTemplate, NamesWhatIsWrongWithAConversation) {
  EXPECT_THAT(
      [] {
        masked("llama2", {{"user", "a"}, {"user", "b"}});
      },
      ThrowsMessage<DataError>(HasSubstr("chat template llama2:10:28: the template refuses: "
                                         "Conversation roles must alternate")));
  EXPECT_THAT([] { masked("chatml", {}); },
              ThrowsMessage<DataError>(HasSubstr("must have at least one message")));
  EXPECT_THAT([] { masked("chatml", {{.role = "user", .tool_calls = "[1"}}); },
              ThrowsMessage<DataError>(HasSubstr("message 0: tool_calls: no JSON from byte")));
  EXPECT_THAT([] { parse_chat_messages(R"([{"role": "user"}, {"content": "x"}])", "a.json"); },
              ThrowsMessage<DataError>("a.json: message 1 has no role"));
  EXPECT_THAT([] { parse_chat_messages(R"([{"role": "user", "n": 1e999}])", "a.json"); },
              ThrowsMessage<DataError>("a.json: a number is too large"));
  EXPECT_THAT([] { parse_chat_messages(std::string(100'000, '['), "a.json"); },
              ThrowsMessage<DataError>("a.json: nested deeper than 190"));
  EXPECT_THAT([] { parse_chat_messages(R"([{"role": 3}])", "a.json"); },
              ThrowsMessage<DataError>("a.json: message 0: 'role' must be a text, but is 3"));
}

TEST(ChatTemplate, SuggestsTheBuiltinThatWasMeant) {
  EXPECT_THAT(
      [] { ChatTemplate::builtin("chatlm"); },
      ThrowsMessage<ConfigError>(HasSubstr("but is \"chatlm\" (did you mean \"chatml\"?)")));
}

TEST(ChatTemplate, RendersFromManyThreads) {
  const ChatTemplate chat_template = ChatTemplate::builtin("qwen3");
  const std::string expected = chat_template.render(kShort).text;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 50; ++k) wrong[i] += chat_template.render(kShort).text != expected;
    });
  }
  for (auto& each : threads) each.join();
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0));
}

class ChatFolder : public ::testing::Test {
 protected:
  void put(const char* name, std::string_view text) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    write_file(folder_.path() / name, text);
  }
  std::string render(const ChatOptions& options = {}) {
    return ChatTemplate::load(folder_.path()).render(kShort, options).text;
  }

  TemporaryFolder folder_;
};

TEST_F(ChatFolder, GivesTheTemplateOfTheConfigAndItsTokens) {
  put("tokenizer_config.json", R"({"bos_token": {"content": "<s>"}, "eos_token": "</s>",
      "chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token }}"})");

  EXPECT_EQ(render(), "<s>Hi</s>");
}

TEST_F(ChatFolder, PrefersAFileToTheConfig) {
  put("tokenizer_config.json", R"({"chat_template": "config"})");
  put("chat_template.jinja", "file");
  put("additional_chat_templates/tool_use.jinja", "tools");

  EXPECT_EQ(render(), "file");
  EXPECT_EQ(render({.tools = "[]"}), "tools");
  EXPECT_EQ(render({.name = "tool_use"}), "tools");
  EXPECT_THAT(ChatTemplate::load(folder_.path()).names(), ElementsAre("default", "tool_use"));
  EXPECT_THAT([&] { render({.name = "tooluse"}); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean \"tool_use\"?")));
}

TEST_F(ChatFolder, KnowsNamedTemplatesOfAConfig) {
  put("tokenizer_config.json", R"({"chat_template": [{"name": "default", "template": "one"},
                                                   {"name": "rag", "template": "two"}]})");

  EXPECT_EQ(render(), "one");
  EXPECT_EQ(render({.name = "rag"}), "two");
}

TEST_F(ChatFolder, FallsBackToTheProcessorsTemplate) {
  put("chat_template.json", R"({"chat_template": "processor"})");

  EXPECT_EQ(render(), "processor");
}

TEST_F(ChatFolder, SaysThatThereIsNone) {
  put("tokenizer_config.json", "{}");

  EXPECT_FALSE(ChatTemplate::find(folder_.path()));
  EXPECT_THAT([&] { render(); }, ThrowsMessage<DataError>(HasSubstr("has no chat template")));
}

TEST_F(ChatFolder, NamesTheFileThatIsWrong) {
  put("tokenizer_config.json", R"({"chat_template": 3})");
  EXPECT_THAT([&] { render(); },
              ThrowsMessage<DataError>(HasSubstr("tokenizer_config.json: chat_template must be")));

  put("tokenizer_config.json", "{");
  EXPECT_THAT([&] { render(); },
              ThrowsMessage<DataError>(HasSubstr("tokenizer_config.json: no JSON from byte")));

  put("chat_template.jinja", "\n{% if");
  put("tokenizer_config.json", "{}");
  EXPECT_THAT([&] { render(); }, ThrowsMessage<DataError>(HasSubstr("chat_template.jinja:2:1:")));
}

}  // namespace
}  // namespace roux
