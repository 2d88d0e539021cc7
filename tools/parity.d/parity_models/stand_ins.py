"""Stand-ins for the CUDA libraries that Python's torch names, where only the CPU set is installed.

The build needs two of NVIDIA's libraries (tools/setup), but Python's part of torch is linked against
a dozen, 3.4 GB of them, and does not start without. None of them is called on a CPU. So each that
does not lie beside torch gets a library of its name with all that torch asks of it, made in a
second; a program that calls one after all is stopped. A `.pth` file loads them when Python starts,
and torch then takes them for the real ones.
"""

import re
import subprocess

LOADER = "roux_stand_ins"
CUDA = re.compile(r"cublas|cudnn|cufft|cufile|cuFile|curand|cusolver|cusparse|nccl|nvshmem")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def missing_libraries(torch):
    """What torch's libraries need of CUDA and does not lie beside them: name -> its versions."""
    there = {path.name for path in torch.parent.glob("nvidia/**/*.so*")}
    missing = {}
    for user in sorted((torch / "lib").glob("lib*.so")):
        for name in re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", user)):
            if CUDA.match(name.removeprefix("lib")) and name not in there:
                missing.setdefault(name, set())
        library = None
        for line in output("readelf", "-V", user).splitlines():
            if found := re.search(r" File: (\S+) ", line):
                library = found[1]
            elif (found := re.search(r" Name: (\S+) ", line)) and library in missing:
                missing[library].add(found[1])
    return missing


def symbols(torch):
    """Every function and variable of those libraries that torch refers to."""
    names = set()
    for user in sorted((torch / "lib").glob("lib*.so")):
        for line in output("nm", "-D", "--undefined-only", user).splitlines():
            name = line.split()[-1].split("@")[0]
            if CUDA.match(name):
                names.add(name)
    return sorted(names)


def make(torch, site):
    """Makes them in `site`, the folder of a Python's packages, for the torch in `torch`."""
    missing = missing_libraries(torch)
    if not missing:
        return []
    folder = site / LOADER
    folder.mkdir(exist_ok=True)
    source = folder / "stand_ins.c"
    source.write_text("void abort(void);\n"
                      + "".join(f"void {name}(void) {{ abort(); }}\n" for name in symbols(torch)))
    for name, versions in missing.items():
        script = folder / "versions"
        script.write_text("".join(f"{version} {{ global: *; }};\n" for version in versions))
        subprocess.run(["gcc", "-w", "-shared", "-fPIC", "-o", folder / name, source,
                        f"-Wl,-soname,{name}"]
                       + ([f"-Wl,--version-script,{script}"] if versions else []), check=True)
    (folder / "__init__.py").write_text(
        "import ctypes, pathlib\n"
        "for path in sorted(pathlib.Path(__file__).parent.glob('lib*.so.*')):\n"
        "    ctypes.CDLL(str(path))\n")
    (site / f"{LOADER}.pth").write_text(f"import {LOADER}\n")
    return sorted(missing)
