#!/usr/bin/env python3
"""Prints as JSON what TensorBoard reads of a folder of event files, for tests to compare.

  tools/parity --run tools/parity.d/tensorboard_read.py FOLDER

An object of runs, each an object of tags: [[step, value], ...] of scalars, [[step, "text"], ...] of
texts.
"""

import json
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util


def read(folder):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    tags = events.Tags()
    run = {tag: [[each.step, each.value] for each in events.Scalars(tag)]
           for tag in tags["scalars"]}
    for tag in tags["tensors"]:
        run[tag] = [[each.step, tensor_util.make_ndarray(each.tensor_proto).item().decode()]
                    for each in events.Tensors(tag)]
    return run


def main():
    root = pathlib.Path(sys.argv[1])
    folders = sorted({file.parent for file in root.rglob("events.out.tfevents.*")})
    print(json.dumps({str(folder.relative_to(root)): read(folder) for folder in folders}))


if __name__ == "__main__":
    main()
