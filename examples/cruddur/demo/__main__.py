"""`python -m demo`: starts everything, says where it is, and ends everything on Ctrl-C."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

from local_aws import REGION, free_port

from .deployment import NAMES
from .system import BUILT, System

#: The original backend's.
PORT = 4567
#: Tells bin/avatar where the demo of this process is.
ENVIRONMENT = BUILT / f"cruddur-demo-{os.getpid()}.env"
#: The last is that of a terminal which is closed.
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

READY = """
  Cruddur is at   {url}
  Sign in as      ada, bob or carol; password {password}

  Stood in for, since there is no account here:
    AWS           ministack at {aws}: it took the whole template, and goes by its
                  roles and policies; only what forbids plain HTTP was left out
    CloudFront    {assets}, with the headers of the template
    SNS           ministack signs no messages and sends them once: a postman signs them with a
                  certificate of its own and repeats them. The backend verifies them as Amazon's.
  Not modelled:   DNS, certificates, alarms, log retention

  bin/avatar/upload and clear in examples/cruddur work on this demo.
  Logs and database: {folder} (removed at the end). Ctrl-C ends everything.
"""


def free(port: int) -> bool:
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def write_environment(system: System) -> None:
    subs = {person.handle: person.sub for person in system.pool.people}
    variables = {
        **NAMES, "AWS_ENDPOINT_URL": system.aws.url, "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AVATAR_SUBS": json.dumps(subs),
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in variables.items()]
    ENVIRONMENT.write_text("".join(lines))


def interrupted(*_: object) -> None:
    # Once: a second Ctrl-C would leave behind what has not been ended yet.
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


def watch(system: System) -> None:
    """Until somebody ends it, or one of the programs ends by itself."""
    while True:
        if system.aws.process.poll() is not None:
            sys.exit(f"the stand-in for AWS has ended:\n{Path(system.aws.log.name).read_text()[-2000:]}")
        for program in (system.backend, system.postman):
            if not program.alive():
                sys.exit(f"the {program.name} has ended:\n{program.log.read_text()[-2000:]}")
        time.sleep(0.5)


def main() -> None:
    for ending in ENDINGS:
        # Whoever says `nohup` wants it to outlive the terminal.
        if ending != signal.SIGHUP or signal.getsignal(ending) != signal.SIG_IGN:
            signal.signal(ending, interrupted)
    start = time.monotonic()

    def tell(step: str) -> None:
        print(f"[{time.monotonic() - start:4.1f} s] {step}", flush=True)

    port = PORT if free(PORT) else free_port()
    with tempfile.TemporaryDirectory(prefix="cruddur-") as folder:
        try:
            system = System(Path(folder), port, tell)
        except KeyboardInterrupt:
            return print("\nended before it was up")
        except RuntimeError as error:
            sys.exit(str(error))
        try:
            write_environment(system)
            tell("ready")
            print(READY.format(
                url=system.url, password=system.pool.password, aws=system.aws.url,
                assets=system.distribution.url, folder=folder,
            ), flush=True)
            watch(system)
        except KeyboardInterrupt:
            print("\nending everything")
        finally:
            ENVIRONMENT.unlink(missing_ok=True)
            system.close()


if __name__ == "__main__":
    main()
