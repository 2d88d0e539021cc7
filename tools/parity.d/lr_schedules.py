#!/usr/bin/env python3
"""Writes the rates that other people's schedules give, to tests/optim/fixtures.

  tools/parity.d/lr_schedules.py fairseq2        all but wsd; needs the package fairseq2 (0.9)
  tools/parity.d/lr_schedules.py transformers    wsd; needs transformers

A case is a line `case NAME`, then one for each step: the rates of both groups. The settings are
those of tests/optim/lr_schedulers_test.cpp.
"""

import pathlib
import sys

import torch

FIXTURES = pathlib.Path(__file__).resolve().parent.parent.parent / "tests/optim/fixtures"
BASE = [0.01, 0.3]


def optimizer():
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr}
                            for lr in BASE])


def rates(make, steps):
    """From step 0 on."""
    stepped = optimizer()
    schedule = make(stepped)
    for _ in range(steps):
        yield schedule.get_last_lr()
        stepped.step()
        schedule.step()


def fairseq2_cases():
    from fairseq2.optim.lr_schedulers import (CosineAnnealingLR, MyleLR, NoamLR, PassthroughLR,
                                              PolynomialDecayLR, TriStageLR)
    final = [0.2 * lr for lr in BASE]
    yield "passthrough", PassthroughLR, 3
    # The run has 40 steps; past it fairseq2 climbs again, so the case ends with it.
    yield "cosine", lambda o: CosineAnnealingLR(o, 30, 10, final_lr=final), 40
    yield "cosine cycles", lambda o: CosineAnnealingLR(
        o, 7, 4, lr_mul=0.5, start_lr=[0.001, 0.1], final_lr=[0.0, 0.02]), 60
    yield "cosine growing", lambda o: CosineAnnealingLR(
        o, 5, 0, cycle_mul=2.0, lr_mul=0.9, start_lr=0.0, final_lr=0.001), 90
    yield "cosine growing by halves", lambda o: CosineAnnealingLR(
        o, 9, 3, cycle_mul=1.5, start_lr=0.0, final_lr=0.001), 70
    yield "myle", lambda o: MyleLR(o, 8, start_lr=[0.0, 0.1]), 40
    yield "noam", lambda o: NoamLR(o, 8), 40
    yield "noam at once", lambda o: NoamLR(o, 0), 10
    yield "polynomial", lambda o: PolynomialDecayLR(
        o, 40, 10, power=1.7, start_lr=0.001, final_lr=[0.002, 0.05]), 50
    yield "tri stage", lambda o: TriStageLR(
        o, 50, (0.13, 0.4, 0.47), start_lr_scale=0.02, final_lr_scale=[0.05, 0.5]), 60


def wsd_cases():
    from transformers import get_wsd_schedule
    for shape in ("linear", "cosine", "1-sqrt"):
        yield f"wsd {shape}", lambda o: get_wsd_schedule(
            o, num_warmup_steps=0, num_decay_steps=12, num_training_steps=40, decay_type=shape,
            min_lr_ratio=0.1), 50
    yield "wsd warmed up", lambda o: get_wsd_schedule(
        o, num_warmup_steps=6, num_decay_steps=8, num_training_steps=40, decay_type="linear"), 50


def text(cases):
    lines = []
    for name, make, steps in cases:
        lines.append(f"case {name}")
        lines += [" ".join(repr(float(lr)) for lr in lrs) for lrs in rates(make, steps)]
    return "\n".join(lines) + "\n"


def main():
    cases = {"fairseq2": fairseq2_cases, "transformers": wsd_cases}
    if len(sys.argv) != 2 or sys.argv[1] not in cases:
        sys.exit(__doc__)
    (FIXTURES / f"lr_schedules_{sys.argv[1]}.txt").write_text(text(cases[sys.argv[1]]()))


if __name__ == "__main__":
    main()
