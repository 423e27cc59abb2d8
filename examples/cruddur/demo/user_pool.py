"""The Cognito user pool of the demo with its users, who are also the seed of the database."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass
class DemoUser:
    handle: str
    display_name: str
    bio: str | None
    sub: str = ""

    def seed(self) -> dict:
        """The user in the format of `bin/db/seed`."""
        return {
            "handle": self.handle, "display_name": self.display_name, "bio": self.bio,
            "email": f"{self.handle}@example.com", "cognito_user_id": self.sub,
        }


@dataclass
class UserPool:
    """A user pool with one client. All users have the same password."""

    cognito: object
    users: list[DemoUser]
    password: str = field(default_factory=lambda: f"Round-{secrets.randbelow(10**6):06}")
    id: str = ""
    client: str = ""

    def create(self) -> None:
        self.id = self.cognito.create_user_pool(PoolName="cruddur")["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        client = self.cognito.create_user_pool_client(
            UserPoolId=self.id, ClientName="web", ExplicitAuthFlows=flows
        )
        self.client = client["UserPoolClient"]["ClientId"]
        for user in self.users:
            user.sub = self.add(user.handle)

    def jwks_url(self, aws: str) -> str:
        return f"{aws}/{self.id}/.well-known/jwks.json"

    def tokens(self, name: str) -> dict[str, str]:
        """Signs a user in."""
        response = self.cognito.initiate_auth(
            ClientId=self.client, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": self.password},
        )
        return response["AuthenticationResult"]

    def add(self, name: str) -> str:
        user = self.cognito.admin_create_user(
            UserPoolId=self.id, Username=name, MessageAction="SUPPRESS"
        )["User"]
        self.cognito.admin_set_user_password(
            UserPoolId=self.id, Username=name, Password=self.password, Permanent=True
        )
        return next(item["Value"] for item in user["Attributes"] if item["Name"] == "sub")


def demo_users() -> list[DemoUser]:
    ada = "Numbers, engines and poetical science.\nHere to try out a new picture."
    return [
        DemoUser("ada", "Ada Byron", ada),
        DemoUser("bob", "Bob Stone", None),
        DemoUser("carol", "Carol Sand", "I never show my face."),
    ]
