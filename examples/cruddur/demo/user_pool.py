"""Who can sign in: a user pool with three people, and what the database is told of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass
class Person:
    handle: str
    display_name: str
    bio: str | None
    sub: str = ""

    def seed(self) -> dict:
        """As `bin/db/seed` takes it."""
        return {
            "handle": self.handle, "display_name": self.display_name, "bio": self.bio,
            "email": f"{self.handle}@example.com", "cognito_user_id": self.sub,
        }


@dataclass
class Pool:
    """A user pool, its client, and its people, who all have one password."""

    cognito: object
    people: list[Person]
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
        for person in self.people:
            person.sub = self.add(person.handle)

    def keys_url(self, aws: str) -> str:
        return f"{aws}/{self.id}/.well-known/jwks.json"

    def tokens(self, name: str) -> dict[str, str]:
        """What somebody gets who signs in."""
        answer = self.cognito.initiate_auth(
            ClientId=self.client, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": self.password},
        )
        return answer["AuthenticationResult"]

    def add(self, name: str) -> str:
        user = self.cognito.admin_create_user(
            UserPoolId=self.id, Username=name, MessageAction="SUPPRESS"
        )["User"]
        self.cognito.admin_set_user_password(
            UserPoolId=self.id, Username=name, Password=self.password, Permanent=True
        )
        return next(item["Value"] for item in user["Attributes"] if item["Name"] == "sub")


def three_people() -> list[Person]:
    ada = "Numbers, engines and poetical science.\nHere to try out a new picture."
    return [
        Person("ada", "Ada Byron", ada),
        Person("bob", "Bob Stone", None),
        Person("carol", "Carol Sand", "I never show my face."),
    ]
