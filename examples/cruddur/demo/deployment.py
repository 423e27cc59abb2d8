"""Deploys the stack of the CDK app into ministack."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from botocore.exceptions import WaiterError

from local_aws import REGION, Aws

from . import CRUDDUR

STACK = "CruddurAvatars"
#: The settings of the stack that do not depend on user pool and addresses.
STACK_SETTINGS = {
    "UPLOADS_BUCKET_NAME": "cruddur-uploads",
    "ASSETS_BUCKET_NAME": "cruddur-assets",
    "THUMBING_S3_FOLDER_INPUT": "avatars/original",
    "THUMBING_S3_FOLDER_OUTPUT": "avatars",
    "THUMBING_TOPIC_NAME": "cruddur-avatars",
}
#: The bucket that `cdk bootstrap` creates for the zips of the functions.
STAGING_BUCKET = f"cdk-hnb659fds-assets-000000000000-{REGION}"


def synthesize(folder: Path, environment: dict[str, str]) -> None:
    """Does what `cdk synth` does, with the output in `folder`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run(
        ["node", "--import", "tsx", "bin/app.ts"],
        cwd=CRUDDUR / "infra", check=True,
        env={**kept, "CDK_OUTDIR": str(folder), "CDK_DEFAULT_REGION": REGION, **environment},
    )


def without_tls_requirement(value):
    """Removes the policy statements that forbid plain HTTP, because ministack has no TLS."""
    if isinstance(value, list):
        return [without_tls_requirement(item) for item in value if not requires_tls(item)]
    if isinstance(value, dict):
        return {name: without_tls_requirement(item) for name, item in value.items()}
    return value


def requires_tls(statement) -> bool:
    condition = statement.get("Condition") if isinstance(statement, dict) else None
    return condition == {"Bool": {"aws:SecureTransport": "false"}}


def without_metric_math(template: dict) -> dict:
    """Removes the alarms on an expression over several metrics, which ministack does not have."""
    resources = template["Resources"].items()
    kept = {name: found for name, found in resources if "Metrics" not in found.get("Properties", {})}
    return {**template, "Resources": kept}


class Deployment:
    """The deployed stack, with its template and outputs."""

    def __init__(self, aws: Aws, assembly: Path):
        self.aws = aws
        template = json.loads((assembly / f"{STACK}.template.json").read_text())
        self.template = without_metric_math(without_tls_requirement(template))
        self.upload_zips(assembly)
        self.outputs = self.create_stack()
        self.api = self.outputs["ApiUrl"].partition("://")[2].partition(".")[0]
        self.set_cors()
        self.set_dead_letters()

    def upload_zips(self, assembly: Path) -> None:
        """Does what `cdk bootstrap` and the asset upload of `cdk deploy` do."""
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket=STAGING_BUCKET)
        for archive in assembly.glob("asset.*.zip"):
            s3.upload_file(str(archive), STAGING_BUCKET, archive.name.removeprefix("asset."))
        self.aws.client("ssm").put_parameter(
            Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
        )

    def create_stack(self) -> dict[str, str]:
        cloudformation = self.aws.client("cloudformation")
        cloudformation.create_stack(
            StackName=STACK, TemplateBody=json.dumps(self.template),
            Capabilities=["CAPABILITY_IAM"],
        )
        try:
            created = cloudformation.get_waiter("stack_create_complete")
            created.wait(StackName=STACK, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})
        except WaiterError:
            events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
            raise RuntimeError(f"the stack was not created: {failed}") from None
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def resource(self, kind: str) -> dict:
        """The properties of the only resource of this type in the template."""
        (found,) = [r for r in self.template["Resources"].values() if r["Type"] == kind]
        return found["Properties"]

    def function_name(self, function: str) -> str:
        """The name of the function whose name contains `function`."""
        functions = self.aws.client("lambda").list_functions()["Functions"]
        (name,) = [found["FunctionName"] for found in functions if function in found["FunctionName"]]
        return name

    def set_environment(self, function: str, **variables: str) -> None:
        """Adds environment variables to the function whose name contains `function`."""
        functions, name = self.aws.client("lambda"), self.function_name(function)
        configuration = functions.get_function_configuration(FunctionName=name)
        environment = {**configuration["Environment"]["Variables"], **variables}
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": environment}
        )

    def set_cors(self) -> None:
        """Works around two differences of ministack. Its gateway ignores the CORS settings of CloudFormation,
        so they are set again. And it adds its CORS headers to those of the function instead of replacing
        them, so presign gets no origins."""
        cors = self.resource("AWS::ApiGatewayV2::Api")["CorsConfiguration"]
        self.aws.client("apigatewayv2").update_api(ApiId=self.api, CorsConfiguration=cors)
        self.set_environment("Presign", CORS_ORIGINS="")

    def set_dead_letters(self) -> None:
        """Works around a difference of ministack: it ignores the dead-letter queue of a function in CloudFormation."""
        queue = {"QueueUrl": self.outputs["DeadLettersUrl"], "AttributeNames": ["QueueArn"]}
        arn = self.aws.client("sqs").get_queue_attributes(**queue)["Attributes"]["QueueArn"]
        self.aws.client("lambda").update_function_configuration(
            FunctionName=self.function_name("Process"), DeadLetterConfig={"TargetArn": arn},
        )

    def upload_api(self) -> str:
        """The address of the HTTP API by path, because a page cannot set the `Host` header."""
        return f"{self.aws.url}/_aws/execute-api/{self.api}/$default"
