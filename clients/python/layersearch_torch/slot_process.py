"""The process of a slot: trains what it reads from standard input, one JSON object per line, and writes events in the
same way.

In: {"data_set", "place", "device", "threads", "work"}; out: {"progress": …}, then {"done": …}. The process ends with
its parent."""

import json
import os
import queue
import signal
import sys
import threading

import torch

from layersearch_torch import memory
from layersearch_torch.job import OpenedData, run_job
from layersearch_torch.training import prepare


def _read_requests(requests):
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)


def main():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    events = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    requests = queue.Queue()
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()
    opened = OpenedData()

    def tell(event):
        events.write(json.dumps(event) + "\n")
        events.flush()

    def report(epoch, step, steps, loss):
        used = memory.resident_bytes()
        tell({"progress": {"epoch": epoch, "step": step, "steps": steps, "loss": loss, "memoryBytes": used}})

    while True:
        request = requests.get()
        torch.set_num_threads(request["threads"])
        prepare(request["device"])
        data_set, place = request["data_set"], request["place"]
        tell({"done": run_job(request["work"], data_set, place, opened, request["device"], report)})


if __name__ == "__main__":
    main()
