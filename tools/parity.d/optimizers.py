#!/usr/bin/env python3
"""Writes what other people's optimizers make of a small model, to tests/optim/fixtures.

  tools/parity.d/optimizers.py       PyTorch's AdamW, SGD, Adafactor and Muon, torchao's AdamW in
                                     8 bits, and Lion as its paper's algorithm 2 has it

Needs the packages torch 2.11, torchao 0.15 and safetensors. Numbers that go in are made by a
formula, which tests/optim/parity_test.cpp has too; parameters come out after 20 steps.
"""

import pathlib

import numpy
import torch
import torch.optim._muon
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIXTURE = ROOT / "tests/optim/fixtures/optimizers.safetensors"
STEPS = 20

# Their order is their number in the formula.
SHAPES = {
    "embed": [10, 8],
    "blocks.0.up": [12, 8],
    "blocks.0.wide": [6, 16],
    "blocks.0.bias": [5],
    "blocks.1.experts": [2, 4, 6],
    "head": [10, 8],
    "large": [20, 256],
}


def numbers(seed, sizes):
    """Between -1 and 1, of 24 bits: SplitMix64 of the index."""
    with numpy.errstate(over="ignore"):
        x = numpy.arange(int(numpy.prod(sizes)), dtype=numpy.uint64) + numpy.uint64(seed << 32)
        x = (x + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x ^= x >> numpy.uint64(31)
    whole = (x >> numpy.uint64(40)).astype(numpy.float64)
    return torch.from_numpy(whole / 2**23 - 1.0).reshape(sizes)


def start(name, dtype):
    return numbers(list(SHAPES).index(name), SHAPES[name]).to(dtype)


def gradient(name, step, dtype):
    """Cubes: most are small, some are large."""
    return (numbers(100 + 10 * step + list(SHAPES).index(name), SHAPES[name]) ** 3).to(dtype)


def lr_at(lr, step):
    return lr * (1.0 - 0.03 * step)


def run(names, make, dtype=torch.float32):
    """The parameters after all steps. make(parameters by name) gives optimizers."""
    parameters = {name: torch.nn.Parameter(start(name, dtype)) for name in names}
    optimizers = make(parameters)
    bases = [[group["lr"] for group in each.param_groups] for each in optimizers]
    bases = [[float(lr) for lr in lrs] for lrs in bases]
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = gradient(name, step, dtype)
        for each, lrs in zip(optimizers, bases):
            for group, lr in zip(each.param_groups, lrs):
                if torch.is_tensor(group["lr"]):
                    group["lr"].fill_(lr_at(lr, step))
                else:
                    group["lr"] = lr_at(lr, step)
            each.step()
    return {name: parameter.detach() for name, parameter in parameters.items()}


class Lion(torch.optim.Optimizer):
    """Chen et al., arXiv:2302.06675, algorithm 2."""

    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = beta1 * m + (1 - beta1) * p.grad
                p.sub_(group["lr"] * (torch.sign(c) + group["weight_decay"] * p))
                m.mul_(beta2).add_(p.grad, alpha=1 - beta2)


class StackedMuon:
    """PyTorch's Muon takes no stacks of matrices: each matrix of one is a parameter of its own."""

    def __init__(self, parameters, **settings):
        self.stacks = [(p, [torch.nn.Parameter(each.clone()) for each in p.detach()])
                       for p in parameters if p.dim() == 3]
        flat = [p for p in parameters if p.dim() == 2]
        self.muon = torch.optim.Muon(flat + [each for _, all in self.stacks for each in all],
                                     **settings)
        self.param_groups = self.muon.param_groups

    def step(self):
        for stack, matrices in self.stacks:
            for matrix, grad in zip(matrices, stack.grad):
                matrix.grad = grad.clone()
        self.muon.step()
        for stack, matrices in self.stacks:
            with torch.no_grad():
                stack.copy_(torch.stack([each.detach() for each in matrices]))


SMALL = [name for name in SHAPES if name != "large"]


def grouped(parameters, first):
    """Biases, then block 1 in a group of its own, then the rest."""
    rest = [name for name in parameters if name not in ("blocks.0.bias", "blocks.1.experts")]
    return [{"params": [parameters["blocks.0.bias"]], **first},
            {"params": [parameters["blocks.1.experts"]], "lr": 0.002},
            {"params": [parameters[name] for name in rest]}]


def muon(dtype, adjust="original", nesterov=True):
    plain = torch.optim._muon._zeropower_via_newtonschulz

    def exact(grad, coefficients, steps, eps):
        a, b, c = coefficients
        x = grad.float()
        tall = x.size(0) > x.size(1)
        x = x.T if tall else x
        x = x / x.norm().clamp(min=eps)
        for _ in range(steps):
            gram = x @ x.T
            x = a * x + (b * gram + c * gram @ gram) @ x
        return x.T if tall else x

    def make(parameters):
        hidden = [p for name, p in parameters.items() if name.startswith("blocks") and p.dim() > 1]
        others = [p for name, p in parameters.items()
                  if not (name.startswith("blocks") and p.dim() > 1)]
        return [StackedMuon(hidden, lr=0.02, weight_decay=0.1, adjust_lr_fn=adjust,
                            nesterov=nesterov),
                torch.optim.AdamW(others, lr=0.003, betas=(0.9, 0.95), weight_decay=0.1)]

    torch.optim._muon._zeropower_via_newtonschulz = exact if dtype == torch.float32 else plain
    try:
        return run(SMALL, make)
    finally:
        torch.optim._muon._zeropower_via_newtonschulz = plain


def adamw8bit():
    compiled, torch.compile = torch.compile, lambda function, **_: function
    try:
        from torchao.optim import AdamW8bit
        return run(["embed", "large"],
                   lambda p: [AdamW8bit(p.values(), lr=0.01, weight_decay=0.1)])
    finally:
        torch.compile = compiled


def cases():
    optim = torch.optim
    adamw = dict(lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    yield "adamw/plain", run(SMALL, lambda p: [optim.AdamW(p.values(), **adamw)])
    yield "adamw/float64", run(SMALL, lambda p: [optim.AdamW(p.values(), **adamw)], torch.float64)
    yield "adamw/amsgrad", run(SMALL, lambda p: [
        optim.AdamW(p.values(), amsgrad=True, maximize=True, eps=1e-3, **adamw)])
    yield "adamw/groups", run(SMALL, lambda p: [
        optim.AdamW(grouped(p, {"weight_decay": 0.0, "betas": (0.8, 0.95), "eps": 1e-4}), **adamw)])

    yield "sgd/plain", run(SMALL, lambda p: [
        optim.SGD(p.values(), lr=0.1, weight_decay=0.01, maximize=True)])
    yield "sgd/momentum", run(SMALL, lambda p: [
        optim.SGD(p.values(), lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01)])
    yield "sgd/nesterov", run(SMALL, lambda p: [
        optim.SGD(grouped(p, {"weight_decay": 0.0, "momentum": 0.5}), lr=0.1, momentum=0.9,
                  nesterov=True, weight_decay=0.01)])
    yield "sgd/float64", run(SMALL, lambda p: [
        optim.SGD(p.values(), lr=0.1, momentum=0.9, weight_decay=0.01)], torch.float64)

    lion = dict(lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    yield "lion/plain", run(SMALL, lambda p: [Lion(p.values(), **lion)])
    yield "lion/groups", run(SMALL, lambda p: [
        Lion(grouped(p, {"weight_decay": 0.0, "betas": (0.5, 0.8)}), **lion)])
    yield "lion/float64", run(SMALL, lambda p: [Lion(p.values(), **lion)], torch.float64)

    yield "adafactor/plain", run(SMALL, lambda p: [optim.Adafactor(p.values(), foreach=False)])
    yield "adafactor/float64", run(
        SMALL, lambda p: [optim.Adafactor(p.values(), foreach=False)], torch.float64)
    yield "adafactor/groups", run(SMALL, lambda p: [
        optim.Adafactor(grouped(p, {"weight_decay": 0.0, "beta2_decay": -0.5, "d": 0.3}), lr=0.05,
                        eps=(1e-2, 1e-2), weight_decay=0.1, maximize=True, foreach=False)])

    yield "muon/bfloat16", muon(torch.bfloat16)
    yield "muon/float32", muon(torch.float32)
    yield "muon/match_rms", muon(torch.float32, "match_rms_adamw", nesterov=False)

    yield "adamw8bit/plain", adamw8bit()


def main():
    torch.set_num_threads(1)
    tensors = {f"{case}/{name}": value.contiguous()
               for case, values in cases() for name, value in values.items()}
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, FIXTURE)
    print(len(tensors), "tensors,", FIXTURE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
