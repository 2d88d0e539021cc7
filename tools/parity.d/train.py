#!/usr/bin/env python3
"""Trains tiny models for 50 steps in plain PyTorch, for our trainer to do the same.

  tools/parity --write training_llama training_gpt2     makes the fixtures anew
  tools/parity --run tools/parity.d/train.py --live [--cases N] [--seed S] --check PARITY-CHECK
                                                        draws fresh models, rates and texts, and
                                                        has that program do the same

A case is a Hugging Face folder with `train.toml` (the settings, as a user would write them) and
`training.safetensors`: the texts, and the loss, the gradient's norm and the rates of each step.
"""

import argparse
import itertools
import json
import math
import pathlib
import random
import secrets
import sys
import tempfile
from dataclasses import dataclass, replace

import safetensors.torch
import torch
import transformers
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

from parity_models import cases, reference, runs
from parity_models.reference import IGNORED, Unfit

STEPS, MICRO_BATCHES, ROWS, WIDTH = 50, 2, 2, 16
VOCABULARY = 64
PREFIX = "training_"  # of the names by which tools/parity knows these fixtures

# How far our losses may be from these. Runs that leave something out must be farther by much.
TOLERANCE = 1e-4
TOLERANCE_BFLOAT16 = 0.03


@dataclass
class Case:
    name: str
    what: str
    config: dict
    lr: float
    max_grad_norm: float | None = None  # unset: the median of what there is without
    warmup: int = 5
    start_scale: float = 0.1
    final_scale: float = 0.1
    betas: tuple = (0.9, 0.95)
    weight_decay: float = 0.1
    # Vectors in a group of their own: with that rate, and without decay. Unset: all in one.
    vector_lr: float | None = None
    seed: int = 0
    # One of many, in float32 only: some of them would be far apart in bfloat16, by chance.
    drawn: bool = False

    @property
    def family(self):
        return self.config["model_type"]


def fixed_cases():
    return [
        Case("llama", "grouped queries, RoPE, untied; one group for all",
             cases.decoder("llama", vocab_size=VOCABULARY, max_position_embeddings=32,
                           intermediate=32),
             lr=1e-2),
        Case("gpt2", "learned positions, tied; norms and biases in a group of their own",
             cases.gpt2(vocab_size=VOCABULARY, n_positions=16),
             lr=6e-3, vector_lr=1.5e-2),
    ]


def fresh_case(family, draw, number):
    config = (cases.decoder("llama", vocab_size=VOCABULARY, heads=4, kv_heads=draw.choice([1, 2, 4]),
                            hidden=draw.choice([16, 24, 32]), intermediate=draw.choice([24, 40]),
                            layers=draw.choice([1, 2, 3]),
                            tie_word_embeddings=draw.random() < 0.5)
              if family == "llama" else
              cases.gpt2(vocab_size=VOCABULARY, heads=draw.choice([2, 4]),
                         width=draw.choice([16, 24, 32]), layers=draw.choice([1, 2, 3])))
    return Case(f"{family}_{number}", "drawn", config, lr=draw.uniform(3e-3, 7e-3),
                warmup=draw.randint(1, 12),
                start_scale=draw.uniform(0.05, 0.5), final_scale=draw.uniform(0.05, 0.5),
                betas=(draw.uniform(0.85, 0.93), draw.uniform(0.93, 0.98)),
                weight_decay=draw.uniform(0.05, 0.3),
                vector_lr=draw.choice([None, draw.uniform(3e-3, 1e-2)]),
                seed=draw.randrange(1 << 30), drawn=True)


# --- what is read

def draw_texts(generator):
    """Texts that can be learned: each token mostly says what the next one is. The micro-batches of
    a step have unequal numbers of targets, so that the mean of their means is another loss."""
    following = torch.randperm(VOCABULARY, generator=generator)
    ids = torch.zeros(STEPS, MICRO_BATCHES, ROWS, WIDTH, dtype=torch.int64)
    targets = torch.full_like(ids, IGNORED)
    for step, micro, row in itertools.product(*map(range, ids.shape[:3])):
        least = 2 if micro == step % MICRO_BATCHES else WIDTH - 4
        length = int(torch.randint(least, least + 5, (1,), generator=generator))
        text = torch.randint(VOCABULARY, (length,), generator=generator)
        learned = torch.rand(length, generator=generator) < 0.9
        for at in range(1, length):
            if learned[at]:
                text[at] = following[text[at - 1]]
        ids[step, micro, row, :length] = text
        targets[step, micro, row, :length - 1] = text[1:]
        if length > 8:  # as a mask over a user's turn would leave them out
            targets[step, micro, row, :3] = IGNORED
    return ids, targets


def lengths_of(targets):
    """A text's last target is its last token but one's."""
    places = torch.arange(WIDTH).expand_as(targets)
    return torch.where(targets != IGNORED, places + 2, 0).amax(-1)


# --- training

def load(folder, dtype):
    """The checkpoint, in float64 too with angles and masks of float32, which are near enough."""
    config = transformers.AutoConfig.from_pretrained(folder)
    reference.plain(config)
    return AutoModelForCausalLM.from_pretrained(folder, config=config, dtype=dtype).eval()


def make_optimizer(case, parameters):
    settings = dict(lr=case.lr, betas=case.betas, eps=1e-8, weight_decay=case.weight_decay)
    if case.vector_lr is None:
        return torch.optim.AdamW(parameters, **settings)
    vectors = [p for p in parameters if p.dim() < 2]
    others = [p for p in parameters if p.dim() >= 2]
    return torch.optim.AdamW([{"params": vectors, "lr": case.vector_lr, "weight_decay": 0.0},
                              {"params": others}], **settings)


def make_schedule(case, optimizer):
    schedulers = torch.optim.lr_scheduler
    rises = schedulers.LinearLR(optimizer, start_factor=case.start_scale, total_iters=case.warmup)
    ends = [case.final_scale * group["initial_lr"] for group in optimizer.param_groups]
    span = STEPS - case.warmup

    def falls(base, end):
        def factor(step):
            return (end + (base - end) * 0.5 * (1 + math.cos(math.pi * step / span))) / base
        return factor

    cosine = schedulers.LambdaLR(optimizer, [falls(group["initial_lr"], end) for group, end in
                                             zip(optimizer.param_groups, ends)])
    return schedulers.SequentialLR(optimizer, [rises, cosine], [case.warmup])


def train(case, folder, texts, dtype=torch.float32, compute=None, leave_out=""):
    """All steps. `compute`: the dtype of forward and backward, where the weights have another one:
    a rounded copy of them, whose gradients are summed in the dtype of the weights."""
    # By torch's own loops: oneDNN's bfloat16 is another on each processor, and on some none at all.
    torch.backends.mkldnn.enabled = compute is None
    model = load(folder, dtype)
    worker = load(folder, compute) if compute else model
    parameters, workers = list(model.parameters()), list(worker.parameters())
    optimizer = make_optimizer(case, parameters)
    schedule = make_schedule(case, optimizer)
    result = {"loss": [], "grad_norm": [], "lr": []}
    for ids, targets in zip(*texts):
        counts = [(each != IGNORED).sum() for each in targets]
        loss = 0.0
        for p in parameters:
            p.grad = torch.zeros_like(p)
        for micro_ids, micro_targets, count in zip(ids, targets, counts):
            mask = torch.arange(WIDTH) < lengths_of(micro_targets)[:, None]
            logits = worker(micro_ids, attention_mask=mask.long(), use_cache=False).logits
            logits = logits if dtype == torch.float64 else logits.float()
            part = cross_entropy(logits.flatten(0, 1), micro_targets.flatten(),
                                 ignore_index=IGNORED, reduction="sum")
            part = part / (MICRO_BATCHES * count if leave_out == "count" else sum(counts))
            part.backward()
            loss += part.item()
            if compute:
                for p, w in zip(parameters, workers):
                    p.grad += w.grad.to(dtype)
                    w.grad = None
        largest = math.inf if leave_out == "clipping" else case.max_grad_norm
        norm = torch.nn.utils.clip_grad_norm_(parameters, largest)
        result["lr"].append(schedule.get_last_lr())
        optimizer.step()
        if leave_out != "schedule":
            schedule.step()
        with torch.no_grad():
            for p, w in zip(parameters, workers):
                w.copy_(p)
                if leave_out == "masters":
                    p.copy_(w)
        result["loss"].append(loss)
        result["grad_norm"].append(norm.item())
    return {name: torch.tensor(values, dtype=torch.float64) for name, values in result.items()}


# --- a whole case

def settings(case):
    """What a user of lm-train would write."""
    lines = ["[model]", 'path = "${dir}"', "[trainer]", f"max_grad_norm = {case.max_grad_norm!r}",
             "[trainer.mixed_precision]", 'mode = "off"',
             "[trainer.grad_accumulation]", f"num_batches = {MICRO_BATCHES}",
             "[optimizer]", 'name = "adamw"', "[optimizer.config]", f"lr = {case.lr!r}",
             f"betas = {list(case.betas)}", f"weight_decay = {case.weight_decay!r}"]
    rates = [case.lr]
    if case.vector_lr is not None:
        rates.insert(0, case.vector_lr)
        lines += ["[[optimizer.config.groups]]", 'params = [".*norm", ".*bias"]'
                  if case.family == "gpt2" else 'params = [".*norm"]',
                  f"lr = {case.vector_lr!r}", "weight_decay = 0.0"]
    lines += ["[lr_scheduler]", 'name = "cosine_annealing"', "[lr_scheduler.config]",
              f"num_warmup_steps = {case.warmup}",
              f"start_lr = {[case.start_scale * rate for rate in rates]}",
              f"final_lr_scale = {case.final_scale!r}", "[regime]", f"num_steps = {STEPS}",
              "publish_metrics_every_n_steps = 1"]
    return "\n".join(lines) + "\n"


def apart(one, other, what="loss"):
    return (one[what] - other[what]).abs().max().item()


def check(case, folder, texts, results):
    """Whether the case shows that each part is there, and the reference knows its own numbers."""
    float32, rounded = results[""], results.get("bfloat16/")
    spread = apart(float32, train(case, folder, texts, torch.float64))
    if spread > TOLERANCE / 5:
        raise Unfit(f"in float64 losses differ by {spread:.1e}")
    first, last = (float32["loss"][part].mean().item() for part in (slice(5), slice(-5, None)))
    if last > (0.9 if case.drawn else 0.8) * first:
        raise Unfit(f"the loss falls from {first:.2f} to {last:.2f} only")
    clipped = (float32["grad_norm"] > case.max_grad_norm).sum().item()
    least = 3 if case.drawn else 10
    if not least <= clipped <= STEPS - least:
        raise Unfit(f"{clipped} of {STEPS} steps are clipped")
    for part in ("count", "clipping", "schedule"):
        if (moved := apart(float32, train(case, folder, texts, leave_out=part))) < 10 * TOLERANCE:
            raise Unfit(f"without {part} the losses differ by {moved:.1e} only")
    for change in (dict(weight_decay=0.0), dict(betas=(0.9, 0.999))):
        other = train(replace(case, **change), folder, texts)
        if (moved := apart(float32, other)) < 10 * TOLERANCE:
            raise Unfit(f"with {change} the losses differ by {moved:.1e} only")
    measured = {"float64": spread, "clipped_steps": clipped, "loss": [first, last]}
    if case.drawn:
        return measured
    if (noise := apart(float32, rounded)) > TOLERANCE_BFLOAT16:
        raise Unfit(f"bfloat16's losses differ by {noise:.1e} from float32's")
    unmastered = train(case, folder, texts, compute=torch.bfloat16, leave_out="masters")
    if (moved := apart(rounded, unmastered)) < 2 * TOLERANCE_BFLOAT16:
        raise Unfit(f"without masters bfloat16's losses differ by {moved:.1e} only")
    return measured | {"bfloat16_to_float32": noise, "bfloat16_without_masters": moved}


def write_once(case, folder, seed):
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    made = AutoModelForCausalLM.from_config(reference.make_config(case.config))
    reference.fill(made, generator)
    made.to(torch.bfloat16).save_pretrained(folder)  # half the size; both dtypes hold it exactly
    (folder / "generation_config.json").unlink(missing_ok=True)
    config = {"architectures": [type(made).__name__]} | case.config | {"torch_dtype": "bfloat16"}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")

    texts = draw_texts(generator)
    if case.max_grad_norm is None:
        free = train(case, folder, texts, leave_out="clipping")
        case = replace(case, max_grad_norm=round(free["grad_norm"].median().item(), 2))
    results = {"": train(case, folder, texts)}
    if not case.drawn:
        results["bfloat16/"] = train(case, folder, texts, compute=torch.bfloat16)
    measured = check(case, folder, texts, results)
    tensors = {"ids": texts[0].to(torch.int8), "targets": texts[1].to(torch.int8),
               "lengths": lengths_of(texts[1]).to(torch.int8), "lr": results[""]["lr"]}
    for prefix, run in results.items():
        tensors |= {prefix + name: run[name] for name in ("loss", "grad_norm")}
    safetensors.torch.save_file({name: tensor.contiguous() for name, tensor in tensors.items()},
                                folder / "training.safetensors")
    (folder / "train.toml").write_text(settings(case))
    about = {"name": case.name, "family": case.family, "what": case.what, "seed": seed,
             "measured": measured,
             "made_with": {"torch": torch.__version__, "transformers": transformers.__version__,
                           "safetensors": safetensors.__version__}}
    (folder / "case.json").write_text(json.dumps(about, indent=1) + "\n")
    return about


def write_case(case, folder, draw_again=None, attempts=20):
    """Makes the folder, with the first seed from the case's own on that is fit, or of other cases
    that are drawn."""
    reasons = []
    for attempt in range(attempts):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        try:
            return write_once(case, folder, case.seed if draw_again else case.seed + attempt)
        except Unfit as reason:
            reasons.append(str(reason))
            case = draw_again() if draw_again else case
    raise SystemExit(f"{case.name}: nothing fit in {attempts} draws: {'; '.join(reasons)}")


def write_fixtures(folder, names):
    all_cases = {PREFIX + case.name: case for case in fixed_cases()}
    if unknown := set(names) - set(all_cases):
        raise SystemExit(f"error: there is no case {', '.join(sorted(unknown))}; "
                         f"there are {', '.join(all_cases)}")
    for name in names or all_cases:
        case = all_cases[name]
        about = write_case(case, folder / case.name)
        print(f"{name}: seed {about['seed']}, {runs.folder_size(folder / case.name) >> 10} KB",
              flush=True)
    return 0


def live(program, count, seed):
    seed = secrets.randbelow(1 << 31) if seed is None else seed
    print(f"seed {seed}: --live --seed {seed} repeats this run", flush=True)
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="roux-training-") as scratch:
        root = pathlib.Path(scratch)
        folders = []
        for family, number in itertools.product(("llama", "gpt2"), range(count)):
            def fresh(family=family, number=number):
                return fresh_case(family, draw, number)
            folders.append(root / f"{family}_{number}")
            write_case(fresh(), folders[-1], fresh)
        return runs.report(runs.compare(program, folders, root / "exports"))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--live", action="store_true", required=True)
    parser.add_argument("--check", type=pathlib.Path, required=True)
    parser.add_argument("--cases", type=int, default=5)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    return live(chosen.check, chosen.cases, chosen.seed)


if __name__ == "__main__":
    sys.exit(main())
