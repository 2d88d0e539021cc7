#!/usr/bin/env python3
"""Writes framework/tokenizer/unicode_classes.inc: which characters are letters, digits, spaces, …

  tools/parity.d/unicode_classes.py > framework/tokenizer/unicode_classes.inc

Asked of the `tokenizers` library itself, so that both mean the same version of Unicode.
"""

import tokenizers
from tokenizers import Regex, pre_tokenizers

CHARACTERS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
TEXT = "".join(map(chr, CHARACTERS))


def removed_by(splitter):
    kept = set()
    for piece, _ in splitter.pre_tokenize_str(TEXT):
        kept.update(piece)
    return {c for c in CHARACTERS if chr(c) not in kept}


def matching(pattern):
    return removed_by(pre_tokenizers.Split(Regex(pattern), "removed"))


def word_characters():
    """\\w of the library's own Whitespace, which cuts `\\w+|[^\\w\\s]+`: one that stands alone, or
    clings to a letter, is a word's."""
    whitespace = pre_tokenizers.Whitespace()
    return {
        c
        for c in CHARACTERS
        if len(whitespace.pre_tokenize_str("a" + chr(c))) == 1
        and whitespace.pre_tokenize_str("a" + chr(c))[0][0] == "a" + chr(c)
    }


# The bits of framework/tokenizer/unicode.h.
BITS = {
    0x01: matching(r"\p{L}"),
    0x02: matching(r"\p{N}"),
    0x04: matching(r"\s"),
    0x08: matching(r"\p{M}"),
    0x10: matching(r"[\p{Lu}\p{Lt}]"),
    0x20: matching(r"\p{Ll}"),
    0x40: removed_by(pre_tokenizers.Punctuation("removed")),
    0x80: word_characters(),
}


def main():
    runs, last = [], None
    for c in range(0x110000):
        bits = sum(bit for bit, members in BITS.items() if c in members)
        if bits != last:
            runs.append(f"0x{c << 8 | bits:x},")
            last = bits
    print(f"// Made by tools/parity.d/unicode_classes.py with tokenizers {tokenizers.__version__}.")
    print("// Each number is (first character of a run << 8) | its classes.")
    print("// clang-format off")
    line = ""
    for run in runs:
        if len(line) + 1 + len(run) > 100:
            print(line)
            line = ""
        line += (" " if line else "") + run
    print(line)


main()
