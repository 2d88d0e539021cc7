# The sources of chat templates, in roux_chat_sources: an interpreter of Jinja, what is built on it,
# and the built-in templates as a source.
find_package(nlohmann_json REQUIRED GLOBAL)

set(roux_chat_templates "")
foreach(name IN ITEMS chatml gemma2 gemma3 llama2 llama3 llama3_1 llama3_2 mistral mistral_v3 mixtral
                      olmo2 phi3 phi3_5 qwen2 qwen2_5 qwen3)
  list(APPEND roux_chat_templates ${CMAKE_CURRENT_SOURCE_DIR}/chat_templates/${name}.jinja)
endforeach()

set(roux_chat_builtin ${CMAKE_CURRENT_BINARY_DIR}/chat_builtin.cpp)
add_custom_command(OUTPUT ${roux_chat_builtin}
  COMMAND ${CMAKE_COMMAND} -P ${CMAKE_CURRENT_SOURCE_DIR}/chat_templates/embed.cmake
    ${roux_chat_builtin} ${roux_chat_templates}
  DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/chat_templates/embed.cmake ${roux_chat_templates}
  COMMENT "Writing the built-in chat templates"
  VERBATIM)

set(roux_chat_sources ${roux_chat_builtin}
  assistant_mask.cpp chat_folder.cpp chat_message.cpp chat_template.cpp token_ranges.cpp
  jinja/arguments.cpp jinja/evaluate.cpp jinja/execute.cpp jinja/expression_parser.cpp
  jinja/filters.cpp jinja/format.cpp jinja/globals.cpp jinja/json.cpp jinja/lexer.cpp
  jinja/methods.cpp jinja/operations.cpp jinja/parser.cpp jinja/runtime.cpp
  jinja/sequence_filters.cpp jinja/source.cpp jinja/tests.cpp jinja/text.cpp jinja/text_filters.cpp
  jinja/text_operations.cpp jinja/unicode.cpp jinja/value.cpp jinja/value_text.cpp)
