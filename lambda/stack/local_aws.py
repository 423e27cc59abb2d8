"""AWS on this machine (ministack, on loopback), and boto3 clients for it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

REGION = "us-east-1"

# Everything runs on loopback: ignore the proxy and the AWS profile of this machine.
os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1", AWS_CONFIG_FILE=os.devnull)
for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
    os.environ.pop(name, None)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Aws:
    """A running ministack, and clients for it."""

    def __init__(self, folder: Path, **further: str):
        """`further` are environment variables of ministack."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "AWS_ENDPOINT_URL": self.url,
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
            **further,
        }
        self.log = open(folder / "ministack.log", "wb")
        self.process = subprocess.Popen(
            [Path(sys.executable).parent / "ministack"],
            env=environment, cwd=folder, stdout=self.log, stderr=self.log,
            start_new_session=True,
        )
        try:
            self.await_ready()
        except BaseException:
            self.close()
            raise

    def await_ready(self) -> None:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2).read()
                return
            except OSError:
                assert self.process.poll() is None, Path(self.log.name).read_text()
                time.sleep(0.1)
        raise TimeoutError(Path(self.log.name).read_text())

    def client(self, service: str):
        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION,
            aws_access_key_id="test", aws_secret_access_key="test",
            config=Config(signature_version="s3v4" if service == "s3" else None,
                          s3={"addressing_style": "path"}, retries={"max_attempts": 5}),
        )

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            pass
        # The group includes the functions that ministack has started.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
