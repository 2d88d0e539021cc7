#!/usr/bin/env python3
"""Holds the tokenizers to the libraries whose files they read.

  tools/parity.d/tokenizer_parity.py --write             make tests/tokenizer/fixtures anew
  tools/parity.d/tokenizer_parity.py --live [--seed N] [--probe PROGRAM] [FILE ...]
                                       compare on fresh tokenizers and strings; FILEs: further
                                       tokenizer.json files to compare on

Needs the packages `tokenizers` and `tiktoken`; --live also tests' program tokenizer_probe.
"""

import argparse
import base64
import json
import pathlib
import random
import struct
import subprocess
import sys
import sysconfig
import tempfile

import tiktoken
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from tokenizers import Regex

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "tests/tokenizer/fixtures"
PROBE = ROOT / "build/release/bin/tokenizer_probe"
BATCHES, STRINGS = 20, 1000  # 20,000 strings, a checksum a thousand
MASK = 2**64 - 1

# What the strings are made of: seams of the split patterns, and characters of every kind.
SEAMS = [
    " ", " ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u3000", "\u2028", "'", "'s", "'S",
    "'ſ", "'t", "'re", "'VE", "'ll", "'d", "’", "a", "b", "e", "the", "and", "ing", "er", "Z", "é", "É",
    "e\u0301", "ſ", "ǅ", "ʰ", "ª", "ß", "İ", "中", "文字", "ひらがな", "한국", "\u1112\u1161\u11ab", "ال", "سلام",
    "שלום", "नमस्ते", "ि", "ไทย", "\u0301", "\u0323\u0307", "1", "23", "456", "½", "²", "٣", "Ⅷ", ".", ",", "/",
    "//", "!?", "...", "_", "-", "--", "=", "$", "€", "ﬁ", "㎏", "①", "😀", "👩\u200d🚀", "👍🏽", "🇩🇪", "\ufe0f",
    "\u200d", "\u0000", "\u0007", "\u007f", "\u0085", "\ufffd", "word", "Word", "WORD", "return", "self", "▁",
    "▁▁", "<s>", "</s>", "<unk>", "<0x41>", "<|endoftext|>", "<|im_start|>", "<|eot_id|>", "<|end|>", "<mask>",
    "<", "|>", "[INST]", "https://", "def ", "\U0001d573", "\U00020b9f",
]  # fmt: skip


class Random:
    """SplitMix64, which tests/tokenizer/parity_test.cpp has too."""

    def __init__(self, seed):
        self.state = seed

    def next(self, below):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        return (z ^ (z >> 31)) % below


def random_strings(seed, count):
    source = Random(seed)
    return [
        "".join(SEAMS[source.next(len(SEAMS))] for _ in range(source.next(24))) for _ in range(count)
    ]


def long_text(size=1_000_000):
    """Without a space, so that some patterns cut it nowhere."""
    source = Random(1)
    syllables = ["ab", "er", "ing", "con", "st", "ra", "le", "on", "th", "e", "qu", "y"]
    text = ""
    parts = []
    while size > 0:
        parts.append(syllables[source.next(len(syllables))])
        size -= len(parts[-1])
    return text.join(parts)


def checksum(lists):
    """FNV-1a over the numbers of ids and the ids, 32 bits at a time."""
    value = 0xCBF29CE484222325
    for ids in lists:
        for number in (len(ids), *ids):
            value = (value ^ number) * 0x100000001B3 & MASK
    return f"{value:016x}"


# --- small tokenizers in the manner of each family

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"
    r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def sample_texts():
    torture = (FIXTURES / "torture.txt").read_bytes().decode(errors="replace")
    code = pathlib.Path(sysconfig.get_paths()["stdlib"])
    texts = [torture] * 3
    for name in ("argparse.py", "ast.py", "calendar.py", "difflib.py", "inspect.py"):
        texts.append((code / name).read_text(encoding="utf-8")[:30000])
    return texts


def added(tokens, first, **flags):
    """Entries of `added_tokens`, special unless said otherwise."""
    base = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return [{"id": first + i, "content": t, **base, **flags} for i, t in enumerate(tokens)]


def train(vocab_size, pre_tokenizer, texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=vocab_size, show_progress=False)
    )
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return tokens, model["merges"]


def document(model, **parts):
    base = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": []}
    base |= {"normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None}
    return base | parts | {"model": model}


def bpe(vocab, merges, **options):
    base = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None}
    base |= {"end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False}
    base |= {"ignore_merges": False}
    return base | options | {"vocab": {t: i for i, t in enumerate(vocab)}, "merges": merges}


def template(ids):
    """<begin> $A, or $A alone."""
    single = [{"SpecialToken": {"id": t, "type_id": 0}} for t in ids]
    single.append({"Sequence": {"id": "A", "type_id": 0}})
    special = {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in ids.items()}
    pair = [*single, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": special}


def byte_level(use_regex=False, prefix=False, trim=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": trim, "use_regex": use_regex}


def regex_split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def byte_family(texts, size, pattern, special, *, normalizer=None, post=None, options=None, extra=()):
    """llama 3, qwen 2 and 3, olmo 2, tekken, gpt 2: bytes, cut by a pattern (None: gpt 2's own)."""
    if pattern:
        cut = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        steps = {"type": "Sequence", "pretokenizers": [regex_split(pattern), byte_level()]}
    else:
        cut = pre_tokenizers.ByteLevel(add_prefix_space=False)
        steps = byte_level(use_regex=True)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens, merges = train(size, cut, texts)
    vocab = alphabet + [t for t in tokens if t not in alphabet]
    tokens = added(special, len(vocab)) + added(
        extra, len(vocab) + len(special), special=False, normalized=True
    )
    return document(
        bpe(vocab, merges, **(options or {})),
        added_tokens=tokens,
        normalizer=normalizer,
        pre_tokenizer=steps,
        post_processor=post(len(vocab)) if post else byte_level(trim=False),
        decoder=byte_level(use_regex=True, prefix=True),
    )


def mark_family(texts, size, special, *, normalizer, pre_tokenizer, strip, post, more=()):
    """llama 2, mistral, gemma, phi 3: characters, spaces as ▁, what is unknown as bytes."""
    tokens, merges = train(size, pre_tokenizers.Metaspace(prepend_scheme="always"), texts)
    vocab = [*special, *(f"<0x{b:02X}>" for b in range(256))]
    # A few characters stay unknown, so that bytes and their decoding are tried.
    rare = {t for t in tokens if len(t) == 1 and ord(t) > 0x2FF and t != "▁" and ord(t) % 3 == 0}
    kept = [t for t in tokens if not rare & set(t)]
    merges = [m for m in merges if not rare & set("".join(m))]
    # Runs of marks and of line ends, as the large vocabularies have them.
    kept += [t for t in ("\n", "▁▁", "▁▁▁▁", "\n\n") if t not in kept]
    merges = [["▁", "▁"], ["▁▁", "▁▁"], ["\n", "\n"], *merges]
    vocab += [t for t in kept if t not in vocab]
    decoders = [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if strip:
        decoders.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    tokens = added(special, 0)
    for texts_of, flags in more:
        tokens += added(texts_of, max(len(vocab), tokens[-1]["id"] + 1), **flags)
    unk = next(t for t in special if t == "<unk>")
    return document(
        bpe(vocab, merges, unk_token=unk, fuse_unk=True, byte_fallback=True),
        added_tokens=tokens,
        normalizer=normalizer,
        pre_tokenizer=pre_tokenizer,
        post_processor=post,
        decoder={"type": "Sequence", "decoders": decoders},
    )


REPLACE_SPACE = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
PREPEND_AND_REPLACE = {
    "type": "Sequence",
    "normalizers": [{"type": "Prepend", "prepend": "▁"}, REPLACE_SPACE],
}
LLAMA2_SPECIAL = ["<unk>", "<s>", "</s>"]
CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def llama3_post(first):
    begin = template({"<|begin_of_text|>": first})
    return {"type": "Sequence", "processors": [byte_level(), begin]}


def families(texts, size):
    """A tokenizer.json of each family, by name."""
    return {
        "gpt2": byte_family(texts, size, None, ["<|endoftext|>"]),
        "llama3": byte_family(
            texts,
            size,
            LLAMA3,
            ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"],
            post=llama3_post,
            options={"ignore_merges": True},
        ),
        "qwen2": byte_family(
            texts, size, QWEN2, CHATML, normalizer={"type": "NFC"}, extra=["<mask>", "</s>"]
        ),
        "olmo2": byte_family(texts, size, LLAMA3, ["<|endoftext|>", "<|pad|>"], extra=["  ", "▁▁"]),
        "tekken": byte_family(
            texts,
            size,
            TEKKEN,
            ["<unk>", "<s>", "</s>", "[INST]"],
            post=lambda first: template({"<s>": first + 1}),
            options={"ignore_merges": True},
        ),
        "llama2": mark_family(
            texts,
            size,
            LLAMA2_SPECIAL,
            normalizer=PREPEND_AND_REPLACE,
            pre_tokenizer=None,
            strip=True,
            post=template({"<s>": 1}),
        ),
        "mistral": mark_family(
            texts,
            size,
            [*LLAMA2_SPECIAL, "[INST]", "[/INST]"],
            normalizer=None,
            pre_tokenizer={
                "type": "Metaspace",
                "replacement": "▁",
                "prepend_scheme": "first",
                "split": False,
            },
            strip=True,
            post=template({"<s>": 1}),
        ),
        "gemma": mark_family(
            texts,
            size,
            ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"],
            normalizer=REPLACE_SPACE,
            pre_tokenizer={
                "type": "Split",
                "pattern": {"String": " "},
                "behavior": "MergedWithPrevious",
                "invert": False,
            },
            strip=False,
            post=template({"<bos>": 2}),
            more=[(["\n\n\n", "<table>"], {"special": False})],
        ),
        "phi3": mark_family(
            texts,
            size,
            LLAMA2_SPECIAL,
            normalizer=PREPEND_AND_REPLACE,
            pre_tokenizer=None,
            strip=True,
            post=template({}),
            more=[
                (["<|endoftext|>"], {}),
                (["<|end|>", "<|user|>"], {"rstrip": True}),
                (["<mask>"], {"lstrip": True, "special": False}),
                (["self"], {"single_word": True, "special": False, "normalized": True}),
            ],
        ),
    }


# --- tokenizers that no family has: any parts, in any order that is supported


def some(source, choices, most):
    return [source.choice(choices) for _ in range(source.randrange(most + 1))]


def random_normalizer(source):
    pattern = source.choice([{"String": " "}, {"String": "e"}, {"Regex": r"\s+"}, {"Regex": "[aeiou]|ing"}])
    return source.choice(
        [
            {"type": source.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase"])},
            {"type": "Strip", "strip_left": False, "strip_right": source.random() < 0.5},
            {"type": "Prepend", "prepend": source.choice(["▁", "a", " "])},
            {"type": "Replace", "pattern": pattern, "content": source.choice(["▁", "", "e", " "])},
        ]
    )


def random_pre_tokenizer(source):
    behavior = source.choice(
        ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
    )
    pattern = source.choice(
        [{"String": " "}, {"String": "e"}, {"Regex": r"\s+"}, {"Regex": r"\p{L}+|\d"}, {"Regex": LLAMA3}]
    )
    return source.choice(
        [
            {"type": "Digits", "individual_digits": source.random() < 0.5},
            {"type": "Punctuation", "behavior": behavior},
            {"type": source.choice(["Whitespace", "WhitespaceSplit"])},
            {
                "type": "Metaspace",
                "replacement": "▁",
                "prepend_scheme": source.choice(["always", "first", "never"]),
                "split": source.random() < 0.5,
            },
            {
                "type": "Split",
                "pattern": pattern,
                "behavior": behavior,
                "invert": source.random() < 0.5,
            },
        ]
    )


def random_decoder(source):
    replace = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    strip = {"type": "Strip", "content": " ", "start": source.randrange(3), "stop": 0}
    metaspace = {"type": "Metaspace", "replacement": "▁", "split": True}
    metaspace["prepend_scheme"] = source.choice(["always", "first", "never"])
    steps = some(source, [replace, metaspace, {**strip, "start": 1}], 2)
    if source.random() < 0.5:
        steps.append({"type": "ByteFallback"})
    if source.random() < 0.5:
        steps += [{"type": "Fuse"}, strip]  # the library fails on "stop" where a text is short
    return {"type": "Sequence", "decoders": steps} if steps else None


def random_document(seed, texts):
    source = random.Random(seed)
    in_bytes = source.random() < 0.5
    steps = some(source, [random_pre_tokenizer(source) for _ in range(3)], 2)
    if in_bytes:
        tokens, merges = train(700, pre_tokenizers.ByteLevel(add_prefix_space=False), texts)
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        steps.append(byte_level(source.random() < 0.5, source.random() < 0.3))
    else:
        tokens, merges = train(700, pre_tokenizers.Metaspace(), texts)
        alphabet = [f"<0x{b:02X}>" for b in range(256)] if source.random() < 0.7 else []
    vocab = ["<unk>", *alphabet]
    vocab += [t for t in tokens if t not in vocab]
    extra = []
    # Not of Latin-1's letters: docs/tokenizers.md says why.
    wanted = [s for s in SEAMS if s.strip() and (s.isascii() or s[0] > "\u0180")]
    for content in dict.fromkeys(some(source, wanted, 6)):
        flags = {k: source.random() < 0.4 for k in ("single_word", "lstrip", "rstrip", "normalized")}
        # The library does not know a special token again once it is normalized.
        flags["special"] = not flags["normalized"] and source.random() < 0.5
        new = sum(e["id"] >= len(vocab) for e in extra)
        place = vocab.index(content) if content in vocab else len(vocab) + new
        extra += added([content], place, **flags)
    normalizers = some(source, [random_normalizer(source) for _ in range(3)], 2)
    # What shortens the start of a text: docs/tokenizers.md says why.
    if any(n.get("content") == "" or "Regex" in n.get("pattern", {}) for n in normalizers):
        steps = [s | ({"prepend_scheme": "always"} if "prepend_scheme" in s else {}) for s in steps]
    return document(
        bpe(
            vocab,
            merges,
            unk_token=source.choice([None, "<unk>"]),
            fuse_unk=source.random() < 0.5,
            byte_fallback=not in_bytes and source.random() < 0.5,
            ignore_merges=source.random() < 0.3,
        ),
        added_tokens=extra,
        normalizer={"type": "Sequence", "normalizers": normalizers} if normalizers else None,
        pre_tokenizer={"type": "Sequence", "pretokenizers": steps} if steps else None,
        post_processor=template({"<unk>": 0}) if source.random() < 0.5 else None,
        decoder=byte_level() if in_bytes else random_decoder(source),
    )


# --- comparing


def torture_lines():
    """The lines of the torture text, and the whole of it, as they are and as the library gets them."""
    raw = (FIXTURES / "torture.txt").read_bytes()
    return [*raw.split(b"\n"), raw]


def reference_ids(tokenizer, raws, special=True):
    texts = [raw.decode(errors="replace") for raw in raws]
    return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=special)]


def record(path):
    tokenizer = Tokenizer.from_file(str(path))
    lines = reference_ids(tokenizer, torture_lines())
    strings = []
    decoded = []
    for batch in range(BATCHES):
        texts = random_strings(batch, STRINGS)
        ids = [e.ids for e in tokenizer.encode_batch(texts)]
        strings.append(checksum(ids))
        texts = tokenizer.decode_batch(ids, skip_special_tokens=False)
        decoded.append(checksum([list(t.encode()) for t in texts]))
    long = tokenizer.encode(long_text(), add_special_tokens=False).ids
    return {
        "lines": [checksum([ids]) for ids in lines],
        "decoded_lines": [
            checksum([list(tokenizer.decode(ids, skip_special_tokens=False).encode())])
            for ids in lines
        ],
        "plain_lines": [
            checksum([list(tokenizer.decode(ids, skip_special_tokens=True).encode())])
            for ids in lines
        ],
        "strings": strings,
        "decoded": decoded,
        "long": checksum([long]),
    }


def write_fixtures():
    texts = sample_texts()
    (FIXTURES / "seams.json").write_text(json.dumps(SEAMS, ensure_ascii=False) + "\n")
    for name, content in families(texts, 900).items():
        path = FIXTURES / f"{name}.json"
        path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
        (FIXTURES / f"{name}.expected.json").write_text(json.dumps(record(path), indent=1) + "\n")
        print(name, path.stat().st_size, "bytes")


def frame_texts(raws):
    return b"".join(struct.pack("<I", len(raw)) + raw for raw in raws)


def frame_ids(lists):
    return b"".join(struct.pack(f"<{len(ids) + 1}I", len(ids), *ids) for ids in lists)


def unframe(raw, unit):
    at, out = 0, []
    while at < len(raw):
        (count,) = struct.unpack_from("<I", raw, at)
        out.append(raw[at + 4 : at + 4 + count * unit])
        at += 4 + count * unit
    return out


def ask(probe, what, path, payload, *words):
    done = subprocess.run(
        [probe, what, path, *words], input=payload, stdout=subprocess.PIPE, check=True
    )
    return done.stdout


def ids_of(probe, path, raws, *words):
    answer = unframe(ask(probe, "encode", path, frame_texts(raws), *words), 4)
    return [list(struct.unpack(f"<{len(raw) // 4}i", raw)) for raw in answer]


def texts_of(probe, path, lists, *words):
    return unframe(ask(probe, "decode", path, frame_ids(lists), *words), 1)


def random_ids(seed, size, count):
    source = random.Random(seed)
    return [[source.randrange(size) for _ in range(source.randrange(12))] for _ in range(count)]


def compare(probe, path, seed, count=BATCHES * STRINGS, long=True):
    """The differences between the probe and the library on one tokenizer.json."""
    tokenizer = Tokenizer.from_file(str(path))
    raws = torture_lines() + [t.encode() for t in random_strings(seed, count)]
    if long:
        raws.append(long_text(100_000).encode())
    failures = []
    ours, theirs = ids_of(probe, path, raws), reference_ids(tokenizer, raws)
    for raw, a, b in zip(raws, ours, theirs, strict=True):
        if a != b:
            failures.append(f"ids of {raw[:200]!r}:\n    {a[:60]}\n    {b[:60]}")
    known = set(tokenizer.get_vocab(with_added_tokens=True).values())
    lists = theirs + [
        [i for i in ids if i in known] for ids in random_ids(seed, max(known) + 1, count // 4)
    ]
    for words, skip in (((), False), (("plain",), True)):
        texts = texts_of(probe, path, lists, *words)
        for ids, a in zip(lists, texts, strict=True):
            b = tokenizer.decode(ids, skip_special_tokens=skip).encode()
            if a != b:
                failures.append(f"text of {ids[:60]} (skip {skip}):\n    {a[:200]!r}\n    {b[:200]!r}")
    return failures


def live_random(probe, seed, count):
    """On tokenizers of random parts; those that differ are kept."""
    failed = 0
    texts = sample_texts()[:5]
    for number in range(seed, seed + count):
        path = pathlib.Path(tempfile.gettempdir(), f"tokenizer-{number}.json")
        path.write_text(json.dumps(random_document(number, texts), ensure_ascii=False))
        failures = compare(probe, path, number, 300, long=False)
        if failures:
            print(f"{path}: {len(failures)} differences\n  {failures[0]}")
            failed += 1
        else:
            path.unlink()
    print(f"{count} of random parts: {failed} differ")
    return failed


def live(probe, seed, files):
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(f) for f in files]
        if not paths:
            texts = sample_texts()
            random.Random(seed).shuffle(texts)
            for name, content in families(texts[:6], 500 + seed % 1500).items():
                paths.append(pathlib.Path(folder, f"{name}.json"))
                paths[-1].write_text(json.dumps(content, ensure_ascii=False))
        for path in paths:
            failures = compare(probe, path, seed)
            failed += len(failures)
            print(f"{path.stem}: {len(failures)} differences")
            for failure in failures[:3]:
                print("  " + failure)
    if not files:
        failed += live_random(probe, seed, 30)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--probe", default=PROBE)
    parser.add_argument("files", nargs="*")
    words = parser.parse_args()
    if words.write:
        write_fixtures()
    if words.live:
        print(f"seed {words.seed}")
        sys.exit(live(words.probe, words.seed, words.files) > 0)


if __name__ == "__main__":
    main()
