"""What tools/parity does with cases: write the fixtures, or compare fresh ones."""

import json
import pathlib
import random
import secrets
import shutil
import subprocess
import tempfile

import safetensors.torch
import torch
import transformers

from parity_models import cases, reference

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)  # the sums of tiny matrices, always in the same order

LOGITS = 1e-4


def folder_size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def write_fixtures(folder, names):
    all_cases = {case.name: case for case in cases.fixed_cases()}
    if unknown := set(names) - set(all_cases):
        raise SystemExit(f"error: there is no case {', '.join(sorted(unknown))}; "
                         f"there are {', '.join(all_cases)}")
    if not names:
        shutil.rmtree(folder, ignore_errors=True)
    for name, case in all_cases.items():
        if names and name not in names:
            continue
        about = reference.write_case(case, folder / name)
        print(f"{name}: seed {about['seed']}, {folder_size(folder / name) >> 10} KB", flush=True)
    print(f"{len(all_cases)} cases, {folder_size(folder) / 1e6:.1f} MB")
    return 0


# --- fresh models

def compare(program, folders, exports):
    """What parity-check says of each folder: one JSON object a line."""
    command = [program, "--json", "--export", exports, *folders]
    result = subprocess.run(command, capture_output=True, text=True)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    if len(lines) != len(folders):
        raise SystemExit(f"error: {program} ended with {result.returncode} after {len(lines)} of "
                         f"{len(folders)} cases:\n{result.stderr}")
    return lines


def compare_export(original, export, result):
    """Whether transformers computes the same with what we wrote, and the tensors are the same."""
    wanted = reference.text_alone(reference.read_checkpoint(original))
    got = reference.read_checkpoint(export)
    found = [f"the export lacks {name}" for name in sorted(set(wanted) - set(got))]
    found += [f"the export has {name} too" for name in sorted(set(got) - set(wanted))]
    for name in sorted(set(wanted) & set(got)):
        if got[name].dtype != wanted[name].dtype or not torch.equal(got[name], wanted[name]):
            found.append(f"the export's {name} is another")
    expected = safetensors.torch.load_file(original / "expected.safetensors")
    with torch.no_grad():
        logits, _ = reference.run_alone(reference.load(export), expected["ids"],
                                        expected["cu_seqlens"])
    apart = (logits - expected["logits"]).abs().max().item()
    result["differences"]["export, in transformers"] = apart
    if not apart <= LOGITS:
        found.append(f"transformers' logits of the export are apart by {apart:.1e}")
    result["problems"] += found


def live(program, count, seed, families, keep):
    if unknown := set(families) - set(cases.DRAW):
        raise SystemExit(f"error: there is no family {', '.join(sorted(unknown))}; "
                         f"there are {', '.join(cases.DRAW)}")
    seed = secrets.randbelow(1 << 31) if seed is None else seed
    print(f"seed {seed}: tools/parity --live --seed {seed} repeats this run", flush=True)
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="roux-parity-") as scratch:
        root = pathlib.Path(keep or scratch)
        folders = []
        for family in families or cases.DRAW:
            for number in range(count):
                case = cases.fresh_case(family, draw, number)
                folder = root / "cases" / case.name
                reference.write_case(case, folder)
                folders.append(folder)
        exports = root / "exports"
        results = compare(program, folders, exports)
        for result, folder in zip(results, folders):
            if not result["problems"]:  # one that was refused has no export
                compare_export(folder, exports / folder.name, result)
    return report(results)


def distance(value):
    """JSON knows no infinity."""
    return float("inf") if value is None else value


def report(results):
    """The largest differences of each family, and every problem."""
    failed = 0
    columns = sorted({name for result in results for name in result["differences"]})
    print("| family | cases | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 2) + "|")
    families = {}
    for result in results:
        families.setdefault(result["family"], []).append(result)
    for family, group in families.items():
        cells = []
        for name in columns:
            found = [distance(result["differences"][name]) for result in group
                     if name in result["differences"]]
            cells.append(f"{max(found):.1e}" if found else "")
        print(f"| {family} | {len(group)} | " + " | ".join(cells) + " |")
    for result in results:
        failed += bool(result["problems"])
        for problem in result["problems"]:
            print(f"{result['case']}: {problem}")
    print(f"{len(results) - failed} of {len(results)} cases agree")
    return 1 if failed else 0
