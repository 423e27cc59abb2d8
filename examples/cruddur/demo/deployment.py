"""The stack as CDK writes it, deployed into the stand-in for AWS."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

from local_aws import REGION, Aws

from . import CRUDDUR

STACK = "CruddurAvatars"
#: What the stack is asked for, beside people and addresses.
NAMES = {
    "UPLOADS_BUCKET_NAME": "cruddur-uploads",
    "ASSETS_BUCKET_NAME": "cruddur-assets",
    "THUMBING_S3_FOLDER_INPUT": "avatars/original",
    "THUMBING_S3_FOLDER_OUTPUT": "avatars",
    "THUMBING_TOPIC_NAME": "cruddur-avatars",
}
#: Where CDK puts the functions' zips, once it has been bootstrapped.
STAGED = f"cdk-hnb659fds-assets-000000000000-{REGION}"


def synthesise(folder: Path, environment: dict[str, str]) -> None:
    """What `cdk synth` does, into `folder`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run(
        ["node", "--import", "tsx", "bin/app.ts"],
        cwd=CRUDDUR / "infra", check=True,
        env={**kept, "CDK_OUTDIR": str(folder), "CDK_DEFAULT_REGION": REGION, **environment},
    )


def without_tls(value):
    """A template without the statements that forbid plain HTTP, which is all that loopback has."""
    if isinstance(value, list):
        return [without_tls(item) for item in value if not forbids_http(item)]
    if isinstance(value, dict):
        return {name: without_tls(item) for name, item in value.items()}
    return value


def forbids_http(statement) -> bool:
    condition = statement.get("Condition") if isinstance(statement, dict) else None
    return condition == {"Bool": {"aws:SecureTransport": "false"}}


class Deployment:
    """The deployed stack: its template and its outputs."""

    def __init__(self, aws: Aws, assembly: Path):
        self.aws = aws
        template = json.loads((assembly / f"{STACK}.template.json").read_text())
        self.template = without_tls(template)
        self.stage(assembly)
        self.outputs = self.create()
        self.api = self.outputs["ApiUrl"].partition("://")[2].partition(".")[0]
        self.set_cors()

    def stage(self, assembly: Path) -> None:
        """What `cdk bootstrap` and the first half of `cdk deploy` do."""
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket=STAGED)
        for archive in assembly.glob("asset.*.zip"):
            s3.upload_file(str(archive), STAGED, archive.name.removeprefix("asset."))
        self.aws.client("ssm").put_parameter(
            Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
        )

    def create(self) -> dict[str, str]:
        formation = self.aws.client("cloudformation")
        formation.create_stack(
            StackName=STACK, TemplateBody=json.dumps(self.template),
            Capabilities=["CAPABILITY_IAM"],
        )
        for _ in range(600):
            stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                break
            time.sleep(0.1)
        if stack["StackStatus"] != "CREATE_COMPLETE":
            events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
            failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
            raise RuntimeError(f"the stack was not created: {failed}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def resource(self, kind: str) -> dict:
        """The properties of the only resource of this type in the template."""
        (found,) = [r for r in self.template["Resources"].values() if r["Type"] == kind]
        return found["Properties"]

    def set_variables(self, function: str, **variables: str) -> None:
        """Adds to the environment of the function whose name has `function` in it."""
        functions = self.aws.client("lambda")
        names = [found["FunctionName"] for found in functions.list_functions()["Functions"]]
        (name,) = [name for name in names if function in name]
        configuration = functions.get_function_configuration(FunctionName=name)
        environment = {**configuration["Environment"]["Variables"], **variables}
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": environment}
        )

    def set_cors(self) -> None:
        """Once more: the stand-in's gateway does not find what its CloudFormation has set. It adds
        its headers to those of the function, where Amazon's replaces them."""
        wanted = self.resource("AWS::ApiGatewayV2::Api")["CorsConfiguration"]
        self.aws.client("apigatewayv2").update_api(ApiId=self.api, CorsConfiguration=wanted)
        self.set_variables("Presign", CORS_ORIGINS="")

    def upload_api(self) -> str:
        """The HTTP API's address, by a path: browsers do not let pages choose a `Host`."""
        return f"{self.aws.url}/_aws/execute-api/{self.api}/$default"
