"""How every Python racer counts: draw until the time is up, then print one line of JSON."""

import json
import sys
import time

WARM_UP_SECONDS = 0.3


def race(draw):
    """Call draw(), which returns one encoded picture, for the seconds that the command line names."""
    seconds = float(sys.argv[1])
    _repeat(draw, WARM_UP_SECONDS)
    print(json.dumps(_repeat(draw, seconds)))


def _repeat(draw, seconds):
    pictures = 0
    size = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        size += len(draw())
        pictures += 1
    return {"pictures": pictures, "bytes": size, "seconds": elapsed}
