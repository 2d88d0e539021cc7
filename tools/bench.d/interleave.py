"""Programs that work on command take turns, so that all of them see the same weather.

Each prints a line of JSON when it is ready, answers every line on its standard input with another,
and may print a last one at its end.
"""

import json
import os
import signal
import subprocess
import sys

# Some virtual machines offer AMX without describing it, and oneDNN dies there of its first product
# of bfloat16 matrices. Roux sees to that itself, plain PyTorch must be told.
WITHOUT_AMX = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_FP16"}


class Worker:
    def __init__(self, command, extra=None):
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, **(extra or {})})
        self.ready = self.read()

    def read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        return None

    def ask(self, what):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        answer = self.read()
        if answer is None:
            sys.exit(f"error: {self.command} ended with {self.process.wait()}")
        return answer

    def end(self):
        self.process.stdin.close()
        last = self.read()
        self.process.wait()
        return last or {}


def start(name, command):
    """The worker, once it is ready; None, and a line that says why, where it can't run."""
    command = [str(word) for word in command]
    worker = Worker(command)
    if worker.ready is None and worker.process.wait() == -signal.SIGILL:
        print(f"{name}: oneDNN has no AMX here, which it believes to have", file=sys.stderr)
        worker = Worker(command, WITHOUT_AMX)
    if worker.ready is None:
        print(f"{name}: left out, it ended with {worker.process.wait()}", file=sys.stderr)
        return None
    return worker


def start_all(commands):
    started = {name: start(name, command) for name, command in commands.items()}
    return {name: worker for name, worker in started.items() if worker}
