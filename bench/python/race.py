"""How every Python racer counts: do it until the time is up, then print one line of JSON."""

import json
import sys
import time

WARM_UP_SECONDS = 0.3


def race(run):
    """Call run(), which returns the bytes that it made, for the seconds that the command line names."""
    seconds = float(sys.argv[1])
    _repeat(run, WARM_UP_SECONDS)
    print(json.dumps(_repeat(run, seconds)))


def _repeat(run, seconds):
    count = 0
    size = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        size += len(run())
        count += 1
    return {"count": count, "bytes": size, "seconds": elapsed}
