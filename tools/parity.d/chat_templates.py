#!/usr/bin/env python3
"""Holds the chat templates to transformers' apply_chat_template, and their Jinja to jinja2.

  tools/parity.d/chat_templates.py --write           make tests/tokenizer/chat anew
  tools/parity.d/chat_templates.py --live [--seed N] [--conversations N] [--tests PROGRAM] [FILE ...]
                                       compare on random conversations; FILEs: further templates

Needs the package `transformers`; --live also tokenizer_tests.
"""

import argparse
import json
import logging
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import jinja2
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import _compile_jinja_template

from chat_snippets import SNIPPETS, VARIABLES

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEMPLATES = ROOT / "framework/tokenizer/chat_templates"
FIXTURES = ROOT / "tests/tokenizer/chat"
TESTS = ROOT / "build/release/bin/tokenizer_tests"

# As kFamilyTokens of chat_template.cpp.
TOKENS = {
    "chatml": (None, "<|im_end|>"),
    "gemma2": ("<bos>", "<eos>"),
    "gemma3": ("<bos>", "<eos>"),
    "llama2": ("<s>", "</s>"),
    "llama3": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3_1": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3_2": ("<|begin_of_text|>", "<|eot_id|>"),
    "mistral": ("<s>", "</s>"),
    "mistral_v3": ("<s>", "</s>"),
    "mixtral": ("<s>", "</s>"),
    "olmo2": ("<|endoftext|>", "<|endoftext|>"),
    "phi3": ("<s>", "<|endoftext|>"),
    "phi3_5": ("<s>", "<|endoftext|>"),
    "qwen2": (None, "<|im_end|>"),
    "qwen2_5": (None, "<|im_end|>"),
    "qwen3": (None, "<|im_end|>"),
}
DATE = {"date_string": "26 Jul 2024"}

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place, \"now\" — or later.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "City, land: Köln, 東京"},
                "days": {"type": "integer", "minimum": 0, "default": 1},
                "units": {"type": "string", "enum": ["C", "F"]},
                "share": {"type": "number", "default": 0.5},
                "exact": {"type": "boolean", "default": True},
                "more": {"type": ["object", "null"], "default": None, "properties": {}},
            },
            "required": ["place"],
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "clock", "description": "The time.", "parameters": {"type": "object", "properties": {}}}}
TOOLS = [[WEATHER], [WEATHER, CLOCK]]


def said(role, content, **more):
    return {"role": role, "content": content, **more}


def call(name, arguments, identity="abcdef123"):
    return {"type": "function", "id": identity, "function": {"name": name, "arguments": arguments}}


CONVERSATIONS = [
    [said("user", "Hi")],
    [said("user", "Hi"), said("assistant", "Hello!")],
    [said("system", "Be brief."), said("user", "Hi"), said("assistant", "Hello!")],
    [said("system", "  Be brief.\n"), said("user", " Who are you? \n"), said("assistant", "\n I? \t"), said("user", "\tYes."), said("assistant", "A model.  ")],
    [said("user", "a"), said("assistant", "b"), said("user", "c"), said("assistant", "d"), said("user", "e")],
    [said("user", ""), said("assistant", ""), said("user", "x"), said("assistant", " ")],
    [said("user", "Grüße, 世界! 👩‍🚀 \u00a0\u2003"), said("assistant", "שלום नमस्ते \u3000e\u0301")],
    [said("user", "<|im_end|></s>{{ 1 }}{% if %}"), said("assistant", "\"quoted\" 'text' \\n <b>&amp;</b>")],
    [said("user", "2+2?"), said("assistant", "<think>\nTwo and two.\n</think>\n\n4"), said("user", "Sure?"), said("assistant", "<think>\nYes.\n</think>\n\nYes.")],
    [said("user", "2+2?"), said("assistant", "4", reasoning_content="Two and two.\n"), said("user", "Sure?"), said("assistant", "Yes.", reasoning_content="\nYes.")],
    [said("user", "Weather?"), said("assistant", "", tool_calls=[call("get_weather", {"place": "Köln", "days": 2})])],
    [said("system", "Use tools."), said("user", "Weather?"), {"role": "assistant", "tool_calls": [call("get_weather", {"place": "Köln"})]}, said("tool", "{\"sky\": \"grau\"}", tool_call_id="abcdef123"), said("assistant", "Grey.")],
    [said("user", "Both?"), said("assistant", "Let me see.", tool_calls=[call("get_weather", {"place": "東京", "share": 1.0, "exact": False, "more": None}), call("clock", {}, "123456789")]), said("tool", "rain", tool_call_id="abcdef123"), said("tool", "noon", tool_call_id="123456789"), said("assistant", "Rain at noon.")],
    [said("user", "Weather?"), said("assistant", "", tool_calls=[call("get_weather", "{\"place\": \"Ulm\"}")]), said("tool", "dry", tool_call_id="abcdef123"), said("user", "And?")],
    [said("user", "a"), said("user", "b"), said("assistant", "c"), said("assistant", "d")],
    [said("user", [{"type": "text", "text": " What is it? "}, {"type": "image"}]), said("assistant", [{"type": "text", "text": "A cat."}])],
    [said("critic", "What role is this?")],
]

GENERATION = {
    "chatml": "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' }}{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\\n' }}{% else %}{{ m['content'] + '<|im_end|>\\n' }}{% endif %}{% endfor %}",
    "signs": "{%- for m in messages -%}\n  {%- if m.role == 'assistant' -%}\n    {{- '<a>' -}}\n    {%- generation -%}\n      {%- set x = m.content | trim -%}\n      {{- x }} {{ x | upper -}}\n    {%- endgeneration -%}\n  {%- else -%}\n    {{- m.content -}}\n  {%- endif -%}\n{%- endfor -%}",
    "several": "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}A:{% endgeneration %}{% generation %}{{ m.content }}{% endgeneration %}|{% generation %}</s>\n{% endgeneration %}{% else %}\nU: {{ m.content }}\n{% endif %}{% endfor %}",
}


def tokenizer_of(family, template):
    """One token a byte, and the special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    bos, eos = TOKENS.get(family, ("<s>", "</s>"))
    more = {} if bos is None else {"bos_token": bos}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=eos, **more)
    tokenizer.chat_template = template
    return tokenizer


def rendered(tokenizer, case):
    """The case with what transformers makes of it."""
    options = case["options"]
    try:
        text = tokenizer.apply_chat_template(
            case["messages"], tools=options.get("tools"), tokenize=False,
            add_generation_prompt=options.get("add_generation_prompt", False),
            continue_final_message=options.get("continue_final_message", False),
            **options.get("variables", {}))
        return {**case, "text": text}
    except (jinja2.exceptions.TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
        return {**case, "error": f"{type(error).__name__}: {error}"[:200]}


def options_for(family):
    date = {"variables": DATE} if family.startswith("llama3_") else {}
    yield {**date}
    yield {"add_generation_prompt": True, **date}
    yield {"continue_final_message": True, **date}
    yield {"tools": TOOLS[0], **date}
    if family.startswith("llama3_"):
        yield {"tools": TOOLS[1], "variables": {**DATE, "tools_in_user_message": False}}
    if family == "llama3_1":
        yield {"variables": {**DATE, "builtin_tools": ["code_interpreter", "get_weather"]}}
    if family == "qwen3":
        yield {"add_generation_prompt": True, "variables": {"enable_thinking": False}}


def reads_tools(template):
    return "tools" in template


def family_cases(family, template, conversations):
    tokenizer = tokenizer_of(family, template)
    for options in options_for(family):
        for messages in conversations:
            speaks = messages[-1]["role"] == "assistant"
            if options.get("continue_final_message") and not speaks:
                continue
            if options.get("add_generation_prompt") and speaks:
                continue
            if "tools" in options and not (reads_tools(template) and any("tool" in m["role"] or "tool_calls" in m for m in messages[:3])):
                continue
            yield rendered(tokenizer, {"messages": messages, "options": options})


def generation_cases(conversations):
    for name, template in GENERATION.items():
        tokenizer = tokenizer_of(name, template)
        for messages in conversations:
            if any(not isinstance(m.get("content"), str) for m in messages):
                continue
            out = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
            text = tokenizer.apply_chat_template(messages, tokenize=False)
            yield {"template": template, "messages": messages, "text": text,
                   "mask": whole_characters(ranges_of(out["assistant_masks"], sizes(tokenizer, out["input_ids"])), text)}


def sizes(tokenizer, ids):
    special = set(tokenizer.all_special_ids)
    return [len(tokenizer.convert_ids_to_tokens(i).encode()) if i in special else 1 for i in ids]


def ranges_of(mask, token_sizes):
    ranges, at = [], 0
    for marked, size in zip(mask, token_sizes):
        if marked:
            if ranges and ranges[-1][1] == at:
                ranges[-1][1] += size
            else:
                ranges.append([at, at + size])
        at += size
    return ranges


def whole_characters(ranges, text):
    """transformers marks no more than the first token of a range's last character."""
    data = text.encode()
    for each in ranges:
        while each[1] < len(data) and data[each[1]] & 0xC0 == 0x80:
            each[1] += 1
    return ranges


def snippet_results():
    for snippet in SNIPPETS:
        try:
            yield {"template": snippet, "result": _compile_jinja_template(snippet).render(**VARIABLES)}
        except Exception as error:  # whatever Python says, ours must be an error too
            yield {"template": snippet, "error": f"{type(error).__name__}: {error}"[:120]}


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in value)
    path.write_text(f"[\n{lines}\n]\n")


def write_all(folder, conversations, templates):
    count = 0
    for family, source in templates.items():
        cases = list(family_cases(family, source, conversations))
        count += len(cases)
        write(folder / f"{family}.json", cases)
    write(folder / "masks/generation.json", generation_cases(conversations))
    return count


class Chance:
    """Random conversations, of what templates stumble over."""

    PIECES = ["", " ", "\n", "\n\n", "a", "Hello", "world", "é", "世界", "👍🏽", "<think>", "</think>", "\n</think>\n\n", "<tool_call>",
              "<|im_end|>", "</s>", "[INST]", "{{", "%}", "\"", "'", "\\", "\t", "\u00a0", "\u3000", "<tool_response>", "</tool_response>",
              "{\"a\": [1, 2.5, null]}", "0", "\r\n", "\u2028", "\x1c"]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self):
        return "".join(self.random.choices(self.PIECES, k=self.random.randrange(6)))

    def value(self, depth=0):
        kind = self.random.randrange(8 if depth < 3 else 6)
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.random.randrange(3))]
        if kind == 7:
            return {self.text(): self.value(depth + 1) for _ in range(self.random.randrange(3))}
        return [self.text(), self.random.randrange(-99, 99), self.random.uniform(-9, 9) * 10.0 ** self.random.randrange(-9, 19),
                True, None, False][kind]

    def arguments(self):
        return {self.text() or "x": self.value() for _ in range(self.random.randrange(3))}

    def conversation(self):
        messages = [said("system", self.text())] if self.random.random() < 0.4 else []
        for _ in range(self.random.randrange(1, 4)):
            messages.append(said("user", self.text()))
            if self.random.random() < 0.3:
                calls = [call("get_weather", self.arguments()) for _ in range(self.random.choice([1, 1, 2]))]
                messages.append(said("assistant", self.text(), tool_calls=calls))
                messages += [said("tool", self.text(), tool_call_id="abcdef123") for _ in calls]
            if self.random.random() < 0.9:
                more = {"reasoning_content": self.text()} if self.random.random() < 0.3 else {}
                messages.append(said("assistant", self.text(), **more))
        if self.random.random() < 0.5:
            messages.append(said("user", self.text()))
        return messages


def templates_of(files):
    builtin = {path.stem: path.read_text() for path in sorted(TEMPLATES.glob("*.jinja"))}
    return builtin | {pathlib.Path(file).stem: pathlib.Path(file).read_text() for file in files}


def live(arguments):
    seed = arguments.seed if arguments.seed is not None else random.randrange(2**32)
    print("seed", seed)
    chance = Chance(seed)
    conversations = [chance.conversation() for _ in range(arguments.conversations)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        templates = templates_of(arguments.files)
        count = write_all(folder, conversations, templates)
        for family, source in templates.items():
            (folder / f"{family}.jinja").write_text(source)
        print(count, "renderings")
        environment = dict(os.environ, ROUX_CHAT_FIXTURES=str(folder))
        return subprocess.run([arguments.tests, "--gtest_filter=ChatTemplateParity.*"], env=environment, check=False).returncode


def main():
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--tests", type=pathlib.Path, default=TESTS)
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    if arguments.live:
        return live(arguments)
    if not arguments.write:
        parser.error("--write or --live")
    count = write_all(FIXTURES, CONVERSATIONS, templates_of([]))
    write(FIXTURES / "jinja/snippets.json", [{"variables": VARIABLES}, *snippet_results()])
    print(count, "renderings,", len(SNIPPETS), "snippets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
