"""The Python that the references run in: .deps/parity, with the torch that the build uses."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

from parity_models import stand_ins

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
FOLDER = ROOT / ".deps/parity"
PYTHON = FOLDER / "bin/python"
REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")
STAMP = FOLDER / "made-for"


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def find_torch():
    """The folder of the build's torch, which has to be one that this Python can import."""
    answer = subprocess.run(["cmake", "-P", ROOT / "tools/cmake/RouxTorch.cmake"],
                            check=True, capture_output=True, text=True)
    line = (answer.stdout + answer.stderr).strip().splitlines()[-1:] or [""]
    fields = line[0].split("|")
    if len(fields) < 3 or not fields[2]:
        sys.exit("error: there is no LibTorch yet: tools/setup installs it")
    torch = pathlib.Path(fields[2])
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    if not (torch / f"_C{suffix}").exists():
        sys.exit(f"error: the LibTorch in use ({torch}) is not one that this Python "
                 f"({sys.executable}) can import: it has no _C{suffix}")
    return torch


def made_for(torch):
    """What the environment depends on: if this changes, it is made anew."""
    parts = [str(torch), sys.version, REQUIREMENTS.read_text(),
             pathlib.Path(stand_ins.__file__).read_text()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_made(torch):
    return STAMP.exists() and STAMP.read_text() == made_for(torch)


def set_up():
    """Makes .deps/parity unless it is there; 420 MB beside torch, about a minute."""
    torch = find_torch()
    if is_made(torch):
        return
    FOLDER.parent.mkdir(exist_ok=True)
    with open(FOLDER.parent / "parity.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_made(torch):  # another run was quicker
            return
        say("Python packages of the references into .deps/parity")
        shutil.rmtree(FOLDER, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--no-input",
                        "--disable-pip-version-check", "--requirement", REQUIREMENTS],
                       check=True, stdout=sys.stderr)
        site = pathlib.Path(subprocess.run(
            [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True, capture_output=True, text=True).stdout.strip())
        made = stand_ins.make(torch, site)
        if made:
            say(f"{len(made)} stand-ins for CUDA libraries that Python's torch names")
        # After the stand-ins' own file: they come in the order of their names.
        (site / "zz_torch.pth").write_text(f"{torch.parent}\n")
        subprocess.run([PYTHON, "-c", "import torch, transformers"], check=True)
        STAMP.write_text(made_for(torch))


def enter(arguments):
    """Goes on in that Python, from the first line of tools/parity; returns if we are in it."""
    if pathlib.Path(sys.prefix).resolve() == FOLDER.resolve():
        return
    set_up()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is downloaded while references run
    os.execv(PYTHON, [str(PYTHON), "-B", *arguments])
