#!/usr/bin/env python3
"""The Llama shapes of bench-train and bench-generate in plain PyTorch, for tools/bench.

  torch_llama.py train small|large eager|compile float32|bfloat16
  torch_llama.py generate float32|bfloat16
  torch_llama.py roofline

train: prints a line of JSON once its first step is done; for every line N on standard input it takes
N steps and prints {"ms": [...]}; at the end the peak of its memory and the last loss. bfloat16 is
torch.autocast: float32 weights and AdamW. With torchrun's variables it is a rank under
DistributedDataParallel, with batches of its own.
generate: the large shape, one text, a cache of keys and values, always the likeliest token. Prints
a line of JSON when it is ready; for every line N it reads the prompt anew, writes N tokens and prints
{"tokens_per_second": ...}.
roofline: for every line N {"gflops": ...}, the best of N products of two square matrices, by dtype.
"""

import json
import os
import resource
import sys
import time

START = time.perf_counter()

import torch
import torch.nn as nn
import torch.nn.functional as F

SHAPES = {
    "small": dict(dim=288, layers=6, heads=6, ffn=768, length=256, texts=8),
    "large": dict(dim=768, layers=12, heads=12, ffn=2048, length=512, texts=2),
}
VOCABULARY = 32000
PROMPT = 32
CAPACITY = 512
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def rotated(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Block(nn.Module):
    def __init__(self, dim, heads, ffn):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.RMSNorm(dim, 1e-5) for _ in range(2))
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)
        self.gate_up = nn.Linear(dim, 2 * ffn, bias=False)
        self.down = nn.Linear(ffn, dim, bias=False)

    def forward(self, x, cos, sin, cache, begin):
        texts, length, dim = x.shape
        heads = self.qkv(self.norms[0](x)).view(texts, length, 3, self.heads, dim // self.heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4)
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        if cache is not None:
            end = begin + length
            cache[0][:, :, begin:end] = k
            cache[1][:, :, begin:end] = v
            k, v = cache[0][:, :, :end], cache[1][:, :, :end]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
        x = x + self.out(y.transpose(1, 2).reshape(texts, length, dim))
        gate, up = self.gate_up(self.norms[1](x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Llama(nn.Module):
    def __init__(self, shape, max_length):
        super().__init__()
        dim, heads = shape["dim"], shape["heads"]
        self.embedding = nn.Embedding(VOCABULARY, dim)
        self.blocks = nn.ModuleList(
            Block(dim, heads, shape["ffn"]) for _ in range(shape["layers"]))
        self.norm = nn.RMSNorm(dim, 1e-5)
        self.head = nn.Linear(dim, VOCABULARY, bias=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
        self.head.weight = self.embedding.weight
        size = dim // heads
        frequencies = 10000.0 ** (-torch.arange(0, size, 2).float() / size)
        angles = torch.outer(torch.arange(max_length).float(), frequencies)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, ids, targets=None, caches=None, begin=0):
        x = self.embedding(ids)
        cos, sin = (table[begin:begin + ids.shape[1]].to(x.dtype) for table in (self.cos, self.sin))
        for i, block in enumerate(self.blocks):
            x = block(x, cos, sin, caches[i] if caches else None, begin)
        if targets is None:
            return self.head(self.norm(x[:, -1:]))
        return F.cross_entropy(self.head(self.norm(x)).flatten(0, 1).float(), targets.flatten())


def distributed(model):
    """As torchrun's users have it, where it is one of several ranks."""
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return model
    torch.distributed.init_process_group("gloo")
    return nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)


def say(**what):
    print(json.dumps(what), flush=True)


def train(size, engine, dtype):
    torch.manual_seed(1)
    shape = SHAPES[size]
    model = Llama(shape, shape["length"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), eps=1e-8,
                                  weight_decay=0.1, fused=True)
    forward = distributed(model)
    forward = torch.compile(forward) if engine == "compile" else forward
    torch.manual_seed(int(os.environ.get("RANK", 0)))
    batches = torch.randint(0, VOCABULARY, (4, shape["texts"], shape["length"] + 1))
    taken, loss = 0, 0.0

    def step():
        nonlocal taken, loss
        batch = batches[taken % len(batches)]
        taken += 1
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
            sum_of = forward(batch[:, :-1].contiguous(), batch[:, 1:].contiguous())
        sum_of.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss = sum_of.item()

    def timed():
        begin = time.perf_counter()
        step()
        return (time.perf_counter() - begin) * 1e3

    step()
    say(engine=engine, size=size, params=sum(p.numel() for p in model.parameters()),
        tokens=shape["texts"] * shape["length"], first_loss=loss,
        first_step_s=time.perf_counter() - START)
    for line in sys.stdin:
        say(ms=[timed() for _ in range(int(line))])
    say(peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, loss=loss)


@torch.inference_mode()
def generate(dtype):
    torch.manual_seed(1)
    shape = SHAPES["large"]
    model = Llama(shape, CAPACITY).eval().to(DTYPES[dtype])
    prompt = torch.randint(0, VOCABULARY, (1, PROMPT))
    size = shape["dim"] // shape["heads"]

    def write(count):
        caches = [torch.zeros(2, 1, shape["heads"], CAPACITY, size, dtype=DTYPES[dtype])
                  for _ in range(shape["layers"])]
        token = model(prompt, caches=caches).argmax(-1)
        begin = time.perf_counter()
        for i in range(count):
            token = model(token, caches=caches, begin=PROMPT + i).argmax(-1)
        return count / (time.perf_counter() - begin)

    write(2)
    say(engine="eager", dtype=dtype)
    for line in sys.stdin:
        say(tokens_per_second=write(int(line)))
    say(peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def roofline(size=2048):
    best = {}
    matrices = {name: torch.randn(2, size, size).to(dtype) for name, dtype in DTYPES.items()}
    for a, b in matrices.values():
        torch.matmul(a, b)
    say(size=size)
    for line in sys.stdin:
        for name, (a, b) in matrices.items():
            out = torch.empty(size, size, dtype=DTYPES[name])
            for _ in range(int(line)):
                begin = time.perf_counter()
                torch.matmul(a, b, out=out)
                rate = 2 * size ** 3 / (time.perf_counter() - begin) / 1e9
                best[name] = max(best.get(name, 0.0), rate)
        say(gflops=best)


def main(words):
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    match words:
        case ["train", size, engine, dtype]:
            train(size, engine, dtype)
        case ["generate", dtype]:
            generate(dtype)
        case ["roofline"]:
            roofline()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
