#!/usr/bin/env python3
"""Writes what framework/tokenizer knows of characters: which are letters, digits, spaces, …, and
which stay as they are in Unicode's form C.

  tools/parity.d/unicode_classes.py classes > framework/tokenizer/unicode_classes.inc
  tools/parity.d/unicode_classes.py composed > framework/tokenizer/unicode_composed.inc

The classes are asked of the `tokenizers` library itself, so that both mean the same version of
Unicode.
"""

import sys
import unicodedata

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


def classes():
    # The bits of framework/tokenizer/unicode.h.
    bits = {
        0x01: matching(r"\p{L}"),
        0x02: matching(r"\p{N}"),
        0x04: matching(r"\s"),
        0x08: matching(r"\p{M}"),
        0x10: matching(r"[\p{Lu}\p{Lt}]"),
        0x20: matching(r"\p{Ll}"),
        0x40: removed_by(pre_tokenizers.Punctuation("removed")),
        0x80: word_characters(),
    }
    print(f"// Made by tools/parity.d/unicode_classes.py with tokenizers {tokenizers.__version__}.")
    print("// Each number is (first character of a run << 8) | its classes.")
    return lambda c: sum(bit for bit, members in bits.items() if c in members)


def composed():
    """Characters that form C neither changes nor joins with one before: text of these alone is in it.
    What Python's version of Unicode has not assigned may be any, and is left out."""
    joins = set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
    for c in CHARACTERS:
        parts = unicodedata.decomposition(chr(c)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            joins.add(int(parts[1], 16))
    print(f"// Made by tools/parity.d/unicode_classes.py from Unicode {unicodedata.unidata_version}.")
    print("// Each number is (first character of a run << 8) | whether form C leaves it alone.")

    def stays(c):
        if 0xD800 <= c < 0xE000 or unicodedata.category(chr(c)) == "Cn" or c in joins:
            return 0
        starts = unicodedata.combining(chr(c)) == 0
        return int(starts and unicodedata.is_normalized("NFC", chr(c)))

    return stays


def main(what):
    value_of = {"classes": classes, "composed": composed}[what]()
    runs, last = [], None
    for c in range(0x110000):
        value = value_of(c)
        if value != last:
            runs.append(f"0x{c << 8 | value:x},")
            last = value
    print("// clang-format off")
    line = ""
    for run in runs:
        if len(line) + 1 + len(run) > 100:
            print(line)
            line = ""
        line += (" " if line else "") + run
    print(line)


main(*sys.argv[1:])
