"""Programs that work on command take turns, so that all of them see the same weather.

Each prints a line of JSON when it is ready, answers every line on its standard input with another,
and may print a last one at its end.
"""

import json
import os
import signal
import socket
import subprocess
import sys

# Some virtual machines offer AMX without describing it, and oneDNN dies there of its first product
# of bfloat16 matrices. Roux sees to that itself, plain PyTorch must be told.
WITHOUT_AMX = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_FP16"}


class Worker:
    def __init__(self, command, extra=None, wait=True):
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, **(extra or {})})
        self.ready = self.read() if wait else None

    def read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        return None

    def ask(self, what):
        self.tell(what)
        return self.answer()

    def tell(self, what):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def answer(self):
        answer = self.read()
        if answer is None:
            sys.exit(f"error: {self.command} ended with {self.process.wait()}")
        return answer

    def end(self):
        self.process.stdin.close()
        last = self.read()
        self.process.wait()
        return last or {}


class Ranks:
    """A program as several ranks, one core each, which all do what they are asked."""

    def __init__(self, command, count):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        variables = [{"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count),
                      "LOCAL_WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1",
                      "MASTER_PORT": port, "OMP_NUM_THREADS": "1", **WITHOUT_AMX}
                     for rank in range(count)]
        command = [str(word) for word in command]
        # All are started before one is waited for.
        self.workers = [Worker(command, each, wait=False) for each in variables]
        for worker in self.workers:
            worker.ready = worker.read()
        self.ready = self.workers[0].ready

    def ask(self, what):
        for worker in self.workers:
            worker.tell(what)
        answers = [worker.answer() for worker in self.workers]
        # A step is over when it is over on all ranks.
        return {"ms": [max(each) for each in zip(*(answer["ms"] for answer in answers))]}

    def end(self):
        for worker in self.workers:
            worker.process.stdin.close()
        return [worker.end() for worker in self.workers][0]


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
