"""The dead letters that bin/avatar/erase deletes and bin/avatar/redrive delivers, with a queue in memory."""

from __future__ import annotations

import io

import pytest
from demo import avatar_cli


class MemoryQueue:
    """A queue of SQS. A received message stays hidden. `endless` adds the same messages again."""

    def __init__(self, *bodies: str, endless: bool = False):
        self.visible = [{"Body": body, "ReceiptHandle": body} for body in bodies]
        self.endless = endless
        self.deleted: list[str] = []

    def receive_message(self, WaitTimeSeconds: int, **_) -> dict:
        assert WaitTimeSeconds > 0, "a request that does not wait can miss messages"
        received = self.visible
        if not self.endless:
            self.visible = []
        return {"Messages": received} if received else {}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:
        self.deleted.append(ReceiptHandle)


def test_only_the_messages_about_the_user_are_deleted():
    queue = MemoryQueue('{"key": "in/ada-1/1.jpg"}', '{"key": "in/bob-2/1.jpg"}', '{"sub": "ada-1"}')
    assert avatar_cli.delete_messages(queue, "queue", "ada-1") == 2
    assert queue.deleted == ['{"key": "in/ada-1/1.jpg"}', '{"sub": "ada-1"}']


def test_a_queue_that_never_ends_is_reported(monkeypatch):
    monkeypatch.setattr(avatar_cli, "READ_TIMEOUT", 0)
    with pytest.raises(SystemExit, match="more messages"):
        avatar_cli.delete_messages(MemoryQueue("about bob", endless=True), "queue", "ada")


def test_the_queue_of_the_webhook_is_optional(monkeypatch):
    monkeypatch.delenv("UNDELIVERED_URL", raising=False)
    monkeypatch.delenv("DEAD_LETTERS_URL", raising=False)
    with pytest.raises(SystemExit, match="DEAD_LETTERS_URL"):
        avatar_cli.dead_letter_queues()
    monkeypatch.setenv("DEAD_LETTERS_URL", "dead")
    assert avatar_cli.dead_letter_queues() == ["dead"]
    monkeypatch.setenv("UNDELIVERED_URL", "undelivered")
    assert avatar_cli.dead_letter_queues() == ["dead", "undelivered"]


class MemoryFunctions:
    """A function that fails on events with the text `fails`."""

    def __init__(self):
        self.events: list[str] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict:
        self.events.append(Payload.decode())
        failed = {"FunctionError": "Unhandled"} if b"fails" in Payload else {}
        return {"Payload": io.BytesIO(b"why"), **failed}


def test_a_dead_letter_is_deleted_only_if_process_handles_it():
    queue, functions = MemoryQueue('{"a": 1}', '{"fails": 1}', '{"b": 1}'), MemoryFunctions()
    assert avatar_cli.redrive_messages(queue, functions, "queue", "process") == (2, ["why"])
    assert queue.deleted == ['{"a": 1}', '{"b": 1}']
    assert len(functions.events) == 3, "each event once"
