"""A race for challenge keys, as a program: prints how often each key passed, as JSON.

    python race.py COURSE WHERE [--keys 1000] [--processes 4] [--threads 8]

All threads of all processes wait for each other before each key, and then answer it at the same time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Callable

sys.path.append(str(Path(__file__).parents[1] / "shared"))

from courses import COURSES, Course, Key

# Why: so that threads interrupt each other in the middle of an answer, and not only where they wait.
SWITCH_INTERVAL_SECONDS = 0.001
PATIENCE_SECONDS = 60

# Why fork: a lock and a barrier are all that the processes share; each sets up Django for itself.
_fork = multiprocessing.get_context("fork")


def main() -> None:
    """Runs the race that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("course", choices=COURSES)
    parser.add_argument("where")
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()

    def course() -> Course:
        return COURSES[options.course](options.where)

    if options.processes == 1:
        here = course()
        results = [run(here, here.prepare(options.keys), options.threads, lambda: None)]
    else:
        keys = in_process(lambda: course().prepare(options.keys))()
        together = _fork.Barrier(options.processes)

        def racer() -> dict[str, Any]:
            return run(course(), keys, options.threads, lambda: together.wait(PATIENCE_SECONDS))

        running = [in_process(racer) for _ in range(options.processes)]
        results = [result() for result in running]
    passes = [sum(of_key) for of_key in zip(*(result["passes"] for result in results))]
    errors = sorted({error for result in results for error in result["errors"]})
    json.dump({"passes": passes, "errors": errors}, sys.stdout)


def run(course: Course, keys: list[Key], threads: int, wait_for_others: Callable[[], Any]) -> dict[str, Any]:
    """Has threads answer each key at once; returns how often each has passed here, and what was raised."""
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    passes = [0] * len(keys)
    errors: list[str] = []
    lock = threading.Lock()
    # Why the action: one thread waits for the other processes, which is cheaper than all of them doing so.
    together = threading.Barrier(threads, action=wait_for_others)

    def answer_all() -> None:
        for number, key in enumerate(keys):
            together.wait(PATIENCE_SECONDS)
            try:
                passed = course.attempt(key)
            except Exception as error:
                with lock:
                    errors.append(repr(error))
                continue
            if passed:
                with lock:
                    passes[number] += 1
        course.leave()

    racing = [threading.Thread(target=answer_all) for _ in range(threads)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    return {"passes": passes, "errors": errors}


def in_process(function: Callable[[], Any]) -> Callable[[], Any]:
    """Calls the function in a process of its own; returns what waits for its result."""
    receiver, sender = _fork.Pipe(duplex=False)

    def send(connection: Connection) -> None:
        connection.send(function())

    process = _fork.Process(target=send, args=(sender,))
    process.start()
    sender.close()

    def result() -> Any:
        received = receiver.recv()
        process.join()
        return received

    return result


if __name__ == "__main__":
    main()
