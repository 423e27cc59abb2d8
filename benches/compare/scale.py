"""Renders mixed photos for a long time: scale.py RESULTS MINUTES PHOTO_OR_FOLDER...

Writes RESULTS/scale.json: for roundel and sharp, in one process and in one for each core, the photos
per second of CPU time and the resident memory, as both change over time. `run.sh` does not run it;
`scale.py ../results 60 inputs` is an hour for each tool and number of processes.
"""

import json
import os
import random
import sys
import threading
import time
from pathlib import Path
from statistics import median

from peers import Peer, photos

TOOLS = ("roundel", "sharp")
#: Records for each run.
STEPS = 60


def work(peer, paths, until, counts, index):
    """Reads and renders photos in a random order, the same for each tool."""
    order = random.Random(index)
    while time.monotonic() < until:
        peer.load(order.choice(paths))
        peer.render("256")
        counts[index] += 1


def run(tool, processes, seconds, paths):
    cores = sorted(os.sched_getaffinity(0))[-processes:]
    peers = [Peer(tool, core=core) for core in cores]
    counts, records = [0] * processes, []
    until = time.monotonic() + seconds
    workers = [threading.Thread(target=work, args=(peer, paths, until, counts, index))
               for index, peer in enumerate(peers)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        time.sleep(seconds / STEPS)
        records.append({
            "photos": sum(counts),
            "cpu_seconds": round(sum(peer.cpu() for peer in peers) / 1e3, 2),
            "resident_mb": round(sum(peer.memory("VmRSS") for peer in peers), 1),
        })
    for peer in peers:
        peer.close()
    return records


def summary(tool, processes, records):
    first, last = records[len(records) // 10], records[-1]
    return {
        "tool": tool,
        "processes": processes,
        "photos": last["photos"],
        "photos_per_cpu_second": round(last["photos"] / last["cpu_seconds"], 2),
        "resident_mb_at_a_tenth": first["resident_mb"],
        "resident_mb_median": median(record["resident_mb"] for record in records),
        "resident_mb_at_the_end": last["resident_mb"],
        "records": records,
    }


def main():
    results, minutes, *given = sys.argv[1:]
    paths = photos(given)
    cores = len(os.sched_getaffinity(0))
    found = []
    for tool in TOOLS:
        for processes in dict.fromkeys((1, cores)):
            records = run(tool, processes, float(minutes) * 60, paths)
            found.append(summary(tool, processes, records))
            print({key: value for key, value in found[-1].items() if key != "records"}, flush=True)
    lines = ",\n".join(json.dumps(run) for run in found)
    (Path(results) / "scale.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
