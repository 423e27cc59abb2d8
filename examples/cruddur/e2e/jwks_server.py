"""Serves the keys of the user pool and one key of the tests, so that tests can sign arbitrary tokens."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

KEY_ID = "test-key"


class JwksServer:
    """Serves the key set at `url`. `upstream` is the key set of the user pool, set once the pool exists."""

    def __init__(self):
        self.upstream = ""
        self.key = rsa.generate_private_key(65537, 2048)
        jwks = self.jwks

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                body = json.dumps(jwks()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def jwks(self) -> dict:
        public_key = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        own = {**public_key, "alg": "RS256", "use": "sig", "kid": KEY_ID}
        with urllib.request.urlopen(self.upstream, timeout=5) as response:
            return {"keys": [*json.load(response)["keys"], own]}

    def sign_like(self, token: str, **changed: object) -> str:
        """An access token with the claims of `token`, some of them changed, signed with the test key."""
        claims = jwt.decode(token, options={"verify_signature": False})
        claims = {**claims, "iat": int(time.time()) - 60, **changed}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": KEY_ID})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
