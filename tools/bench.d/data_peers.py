#!/usr/bin/env python3
"""What tools/bench data measures beside ours: texts to packs of 2,048 tokens in other libraries.

  tools/bench.d/data_peers.py assets FOLDER
      makes what they want out of FOLDER/corpus.jsonl and FOLDER/tokenizer.json (byte-level BPE with
      two special tokens in front): FOLDER/ranks.tiktoken, and FOLDER/sp.model by sentencepiece
  tools/bench.d/data_peers.py PEER FOLDER
      one pass, timed without imports and loading the tokenizer: prints seconds, tokens and the peak
      of memory as JSON. PEER: plain (json, tokenizers, numpy), datasets, datasets-2 (two
      processes), torchtune, fairseq2 (its pipeline with tiktoken), fairseq2-sentencepiece

Each needs the packages that it names, and `datasets` also transformers.
"""

import base64
import json
import os
import pathlib
import resource
import sys
import tempfile
import time

LENGTH = 2048


def byte_alphabet():
    """The characters that byte-level BPE writes bytes as, and the bytes they are."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(others)}


def make_assets(folder):
    ranks = folder / "ranks.tiktoken"
    if not ranks.exists():
        alphabet = byte_alphabet()
        tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        special = {token["id"] for token in tokenizer["added_tokens"]}
        tokens = sorted((i, t) for t, i in tokenizer["model"]["vocab"].items() if i not in special)
        lines = [base64.b64encode(bytes(alphabet[c] for c in text)).decode() + f" {rank}"
                 for rank, (_, text) in enumerate(tokens)]
        ranks.write_text("\n".join(lines) + "\n")
    if not (folder / "sp.model").exists():
        import sentencepiece
        with open(folder / "corpus.jsonl", encoding="utf-8") as lines:
            texts = (json.loads(line)["text"][:4000] for line in lines)
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=texts, model_prefix=str(folder / "sp"), vocab_size=32000,
                model_type="bpe", byte_fallback=True, minloglevel=2)


def plain(folder):
    import numpy as np
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def run():
        packs, rest, texts = 0, np.empty(0, np.int32), []

        def flush():
            nonlocal packs, rest
            encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
            flat = np.concatenate([rest] + [np.array(e.ids + [1], np.int32) for e in encoded])
            packs += len(flat) // LENGTH
            rest = flat[len(flat) // LENGTH * LENGTH:]
            texts.clear()
        with open(folder / "corpus.jsonl", encoding="utf-8") as lines:
            for line in lines:
                texts.append(json.loads(line)["text"])
                if len(texts) == 256:
                    flush()
        flush()
        return packs
    return run


def hugging_face(folder, processes):
    from datasets import load_dataset
    from transformers import PreTrainedTokenizerFast
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    cache = tempfile.mkdtemp()

    def pack(rows):
        encoded = tokenizer(rows["text"], return_attention_mask=False)["input_ids"]
        ids = [token for text in encoded for token in text + [1]]
        whole = len(ids) // LENGTH * LENGTH
        return {"input_ids": [ids[i:i + LENGTH] for i in range(0, whole, LENGTH)]}

    def run():
        rows = load_dataset("json", data_files=str(folder / "corpus.jsonl"), split="train",
                            cache_dir=cache)
        rows = rows.map(pack, batched=True, remove_columns=rows.column_names, num_proc=processes)
        return sum(len(batch["input_ids"]) for batch in rows.with_format("numpy").iter(8))
    return run


def torchtune(folder):
    from torchtune.datasets import text_completion_dataset
    from torchtune.models.llama2 import llama2_tokenizer
    tokenizer = llama2_tokenizer(str(folder / "sp.model"), max_seq_len=LENGTH)

    def run():
        rows = text_completion_dataset(tokenizer, source="json", packed=True,
                                       data_files=str(folder / "corpus.jsonl"),
                                       cache_dir=tempfile.mkdtemp())
        return sum(1 for i in range(len(rows)) if len(rows[i]["tokens"]) == LENGTH)
    return run


def fairseq2(folder, kind, file):
    from fairseq2.data.text import read_text
    from fairseq2.models.llama.tokenizer import LLaMATokenizerConfig, load_llama_tokenizer
    tokenizer = load_llama_tokenizer(folder / file, LLaMATokenizerConfig(impl=kind))
    encoder = tokenizer.create_encoder(mode="default")

    def run():
        builder = read_text(folder / "corpus.jsonl").map(json.loads, num_parallel_calls=1)
        builder = builder.map(lambda example: encoder(example["text"]), num_parallel_calls=1)
        pipeline = builder.pack(LENGTH + 1, LENGTH, truncate=True, pinned_memory=False)
        return sum(1 for _ in pipeline.prefetch(4).and_return())
    return run


PEERS = {
    "plain": plain,
    "datasets": lambda folder: hugging_face(folder, None),
    "datasets-2": lambda folder: hugging_face(folder, 2),
    "torchtune": torchtune,
    "fairseq2": lambda folder: fairseq2(folder, "tiktoken", "ranks.tiktoken"),
    "fairseq2-sentencepiece": lambda folder: fairseq2(folder, "sp", "sp.model"),
}


def main():
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if what == "assets":
        make_assets(folder)
        return
    os.environ.update(OMP_NUM_THREADS="2", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="true")
    answer, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    run = PEERS[what](folder)
    begin = time.perf_counter()
    packs = run()
    seconds = time.perf_counter() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "tokens": packs * LENGTH, "peak_bytes": memory}),
          file=answer)


if __name__ == "__main__":
    main()
