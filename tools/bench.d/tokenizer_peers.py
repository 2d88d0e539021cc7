#!/usr/bin/env python3
"""What tools/bench tokenizer measures beside ours: the same tokenizer and texts in other libraries.

  tools/bench.d/tokenizer_peers.py prepare FOLDER [CORPUS.jsonl]
      makes FOLDER/corpus.jsonl (from the text on this machine, or a copy) and FOLDER/tokenizer.json
      (byte-level BPE, 32,000 tokens, Llama 3's pattern) unless they are there
  tools/bench.d/tokenizer_peers.py tiktoken|tokenizers FOLDER MEGABYTES
      for each line on standard input ("encode", "encode2", "decode"): seconds, those of
      the processor, and what was done

Needs the packages `tokenizers` and `tiktoken`.
"""

import gettext
import json
import pathlib
import random
import shutil
import sys
import sysconfig
import time

import tiktoken
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def sources():
    """Python's own modules, and translated messages in whatever languages are installed."""
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.rglob("*.py")):
        if "site-packages" not in path.parts:
            yield path.read_text(encoding="utf-8", errors="replace")
    for path in sorted(pathlib.Path("/usr/share/common-licenses").glob("*")):
        yield path.read_text(encoding="utf-8", errors="replace")
    for path in sorted(pathlib.Path("/usr/share/locale").rglob("*.mo")):
        try:
            with open(path, "rb") as file:
                messages = gettext.GNUTranslations(file)._catalog.values()
        except (OSError, UnicodeError, ValueError):
            continue
        yield "\n".join(m for m in messages if isinstance(m, str))


def prepare(folder, given=None):
    corpus, tokenizer_file = folder / "corpus.jsonl", folder / "tokenizer.json"
    if given:
        shutil.copyfile(given, corpus)
    elif not corpus.exists():
        texts = [t[i : i + 20000] for t in sources() for i in range(0, len(t), 20000)]
        random.Random(1).shuffle(texts)
        with open(corpus, "w", encoding="utf-8") as out:
            for text in texts[:2000]:
                out.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    if tokenizer_file.exists():
        return
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    with open(corpus, encoding="utf-8") as lines:
        tokenizer.train_from_iterator(
            (json.loads(line)["text"] for line in lines),
            trainers.BpeTrainer(
                vocab_size=32000,
                special_tokens=["<|begin_of_text|>", "<|end_of_text|>"],
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                show_progress=False,
            ),
        )
    tokenizer.save(str(tokenizer_file))


def read_texts(folder, megabytes):
    texts, size = [], 0
    with open(folder / "corpus.jsonl", encoding="utf-8") as lines:
        for line in lines:
            texts.append(json.loads(line)["text"])
            size += len(texts[-1].encode("utf-8", "replace"))
            if size > megabytes * 1e6:
                break
    return texts


class Tiktoken:
    def __init__(self, path):
        printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
        rest = [b for b in range(256) if b not in printable]
        byte_of = {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(rest)}
        vocab = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
        ranks = {bytes(byte_of[c] for c in t): i for t, i in vocab.items() if not t.startswith("<|")}
        self.encoding = tiktoken.Encoding(
            "bench", pat_str=PATTERN, special_tokens={}, mergeable_ranks=ranks
        )

    def encode(self, texts):
        return [self.encoding.encode_ordinary(text) for text in texts]

    def encode2(self, texts):
        return self.encoding.encode_ordinary_batch(texts, num_threads=2)

    def decode(self, ids):
        return [self.encoding.decode_bytes(one) for one in ids]


class Tokenizers:
    def __init__(self, path):
        self.tokenizer = Tokenizer.from_file(str(path))

    # The library decides once how many threads a batch gets; one text at a time has one.
    def encode(self, texts):
        return [self.tokenizer.encode(text, add_special_tokens=False).ids for text in texts]

    def encode2(self, texts):
        batch = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [one.ids for one in batch]

    def decode(self, ids):
        return [self.tokenizer.decode(one).encode() for one in ids]


def answer(peer, folder, megabytes):
    library = {"tiktoken": Tiktoken, "tokenizers": Tokenizers}[peer](folder / "tokenizer.json")
    texts = read_texts(folder, megabytes)
    ids = []
    for line in sys.stdin:
        what = line.strip()
        begin, begin_processor = time.perf_counter(), time.process_time()
        result = getattr(library, what)(ids if what == "decode" else texts)
        seconds = time.perf_counter() - begin
        processor = time.process_time() - begin_processor
        if what == "encode":
            ids = result
        print(seconds, processor, sum(map(len, result)), flush=True)


def main(words):
    match words:
        case ["prepare", folder, *given] if len(given) < 2:
            prepare(pathlib.Path(folder), *given)
        case [("tiktoken" | "tokenizers") as peer, folder, megabytes]:
            answer(peer, pathlib.Path(folder), float(megabytes))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
