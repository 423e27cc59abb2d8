"""A user pool with one user, who is signed in."""

from __future__ import annotations

PASSWORD = "Correct-horse-7"


def sign_in(aws) -> tuple[str, str, dict[str, str]]:
    """The id of a new user pool, its client, and the tokens of its only user."""
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
