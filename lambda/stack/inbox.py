"""What stands around the functions in the tests: an app's webhook, and somebody who signs in."""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSWORD = "Correct-horse-7"


class Inbox(BaseHTTPRequestHandler):
    """The app's webhook: keeps what SNS delivers."""

    received: queue.Queue = queue.Queue()

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.put(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def open_inbox() -> ThreadingHTTPServer:
    inbox = ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
    threading.Thread(target=inbox.serve_forever, daemon=True).start()
    return inbox


def sign_in(aws) -> tuple[str, str, dict[str, str]]:
    """A new user pool, its client, and the tokens of its only user."""
    cognito = aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="me", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username="me", Password=PASSWORD, Permanent=True
    )
    answer = cognito.initiate_auth(
        ClientId=client, AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "me", "PASSWORD": PASSWORD},
    )
    return pool, client, answer["AuthenticationResult"]
