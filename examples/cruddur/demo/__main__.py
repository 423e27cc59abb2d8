"""`python -m demo`: starts the system, prints its address, and stops it on Ctrl-C."""

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

from .deployment import STACK_SETTINGS
from .system import TARGET, System

#: The port of the backend of the original.
PORT = 4567
#: Settings of this demo, which bin/avatar reads.
ENVIRONMENT = TARGET / f"cruddur-demo-{os.getpid()}.env"
#: SIGHUP: the terminal was closed.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

READY = """
  Cruddur is at   {url}
  Sign in as      ada, bob or carol; password {password}

  Replaced by programs on this machine:
    AWS           ministack at {aws}: runs the whole template with its roles and policies,
                  except the statements that forbid plain HTTP
    CloudFront    {assets}, with the headers and the cache of the template
    SNS delivery  a relay signs and retries the messages, which ministack does not.
                  The backend verifies them as it does on AWS.
  Not replaced:   DNS, certificates, alarms, log retention

  bin/avatar/upload, remove, erase, clear and redrive in examples/cruddur work on this demo.
  Logs and database: {folder} (removed at the end). Press Ctrl-C to stop.
"""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def write_environment(system: System) -> None:
    subs = {user.handle: user.sub for user in system.user_pool.users}
    variables = {
        **STACK_SETTINGS, "AWS_ENDPOINT_URL": system.aws.url, "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AVATAR_SUBS": json.dumps(subs),
        "DEAD_LETTERS_URL": system.deployment.outputs["DeadLettersUrl"],
        "UNDELIVERED_URL": system.deployment.outputs["UndeliveredUrl"],
        "PROCESS_FUNCTION_NAME": system.deployment.outputs["ProcessFunctionName"],
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in variables.items()]
    ENVIRONMENT.write_text("".join(lines))


def interrupt(*_: object) -> None:
    # Ignore a second Ctrl-C, which would interrupt the shutdown and leave programs running.
    for stop_signal in STOP_SIGNALS:
        signal.signal(stop_signal, signal.SIG_IGN)
    raise KeyboardInterrupt


def watch(system: System) -> None:
    """Waits until one of the programs ends by itself. Ctrl-C raises KeyboardInterrupt here."""
    while True:
        if system.aws.process.poll() is not None:
            sys.exit(f"ministack has stopped:\n{Path(system.aws.log.name).read_text()[-2000:]}")
        for program in (system.backend, system.relay):
            if not program.is_running():
                sys.exit(f"the {program.name} has stopped:\n{program.log.read_text()[-2000:]}")
        time.sleep(0.5)


def main() -> None:
    for stop_signal in STOP_SIGNALS:
        # Under `nohup`, SIGHUP stays ignored.
        if stop_signal != signal.SIGHUP or signal.getsignal(stop_signal) != signal.SIG_IGN:
            signal.signal(stop_signal, interrupt)
    start = time.monotonic()

    def report(step: str) -> None:
        print(f"[{time.monotonic() - start:4.1f} s] {step}", flush=True)

    port = PORT if is_free(PORT) else free_port()
    with tempfile.TemporaryDirectory(prefix="cruddur-") as folder:
        try:
            system = System(Path(folder), port, report)
        except KeyboardInterrupt:
            return print("\nstopped during the start")
        except RuntimeError as error:
            sys.exit(str(error))
        try:
            write_environment(system)
            report("ready")
            print(READY.format(
                url=system.url, password=system.user_pool.password, aws=system.aws.url,
                assets=system.distribution.url, folder=folder,
            ), flush=True)
            watch(system)
        except KeyboardInterrupt:
            print("\nstopping")
        finally:
            ENVIRONMENT.unlink(missing_ok=True)
            system.close()


if __name__ == "__main__":
    main()
