"""The whole avatar system on this machine: what runs, and who stands in for whom.

```text
page, app API      the backend, as it would be deployed
HTTP API, S3, SNS, SQS, Cognito, Lambda     ministack, with the stack that CDK writes
CloudFront         distribution.py: the assets bucket, with the headers of the template
SNS's deliveries   postman.py: signed and repeated, which ministack does not do
```
"""

import sys
from pathlib import Path

CRUDDUR = Path(__file__).resolve().parent.parent
ROOT = CRUDDUR.parent.parent

# AWS on this machine is that of the functions' tests.
sys.path[:0] = [str(ROOT / "lambda/stack"), str(CRUDDUR / "functions/stack")]
