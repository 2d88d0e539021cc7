"""What the checks share: the files they look at, the rooms, and how they report.

A check is a program that holds one rule. It prints each breach as `file:line: what is wrong`, and
ends with 1 if there was one. All take --root (the tree to look at) and --build (its build folder,
for those that run what was built).
"""

import argparse
import pathlib
import subprocess
import sys

CPP = (".h", ".cpp", ".cu", ".cuh")


class Check:
    def __init__(self, doc):
        here = pathlib.Path(__file__).resolve().parents[2]
        parser = argparse.ArgumentParser(description=doc)
        parser.add_argument("--root", type=pathlib.Path, default=here, help="the tree to look at")
        parser.add_argument("--build", type=pathlib.Path, help="its build folder (build/release)")
        arguments = parser.parse_args()
        self.root = arguments.root.resolve()
        self.build = (arguments.build or self.root / "build/release").resolve()
        self.breaches = 0

    def files(self, *folders, suffixes=()):
        """Paths below the root, of the files that git would carry, new ones included."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],
            cwd=self.root, check=True, capture_output=True, text=True).stdout
        for name in sorted(set(filter(None, listed.split("\0")))):
            path = pathlib.Path(name)
            if (not suffixes or path.suffix in suffixes) and (self.root / path).is_file():
                yield path

    def lines(self, path):
        """(number, line) of a text file; nothing of a binary one."""
        try:
            text = (self.root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return
        yield from enumerate(text.split("\n"), start=1)

    def rooms(self):
        """The rooms from the ground up (framework/rooms.txt, the one place that orders them)."""
        text = (self.root / "framework/rooms.txt").read_text()
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    def report(self, path, line, message):
        print(f"{path}:{line}: {message}")
        self.breaches += 1

    def finish(self, summary):
        """`summary` says what was looked at, so that a check that saw nothing shows."""
        if self.breaches:
            print(f"{self.breaches} found in {summary}")
        else:
            print(summary)
        sys.exit(1 if self.breaches else 0)
