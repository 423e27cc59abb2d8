"""The whole avatar system on this machine. These parts replace AWS:

```text
page, app API      the backend, as it would be deployed
HTTP API, S3, SNS, SQS, Cognito, Lambda     ministack, with the stack of the CDK app
CloudFront         distribution.py: serves the assets bucket with the headers and the cache of the template
SNS deliveries     notification_relay.py: signs and retries messages, which ministack does not
```
"""

import sys
from pathlib import Path

CRUDDUR = Path(__file__).resolve().parent.parent
ROOT = CRUDDUR.parent.parent

# local_aws.py and upload.py, which the tests of the functions use too.
sys.path[:0] = [str(ROOT / "lambda/stack"), str(CRUDDUR / "functions/stack")]
