"""Certificates with which the notification relay signs messages in the place of SNS."""

from __future__ import annotations

from pathlib import Path

import trustme

#: The name in the signing certificate of SNS, which the backend checks.
SNS_HOST = "sns.amazonaws.com"


def write_certificates(folder: Path) -> None:
    """Writes `root.pem`, `signing.pem` and `signing.key`. The key of the root is not stored."""
    # SNS signs with RSA. The default of trustme is ECDSA.
    root = trustme.CA(organization_name="Cruddur demo", key_type=trustme.KeyType.RSA)
    signing = root.issue_cert(SNS_HOST, key_type=trustme.KeyType.RSA)
    root.cert_pem.write_to_path(folder / "root.pem")
    signing.cert_chain_pems[0].write_to_path(folder / "signing.pem")
    signing.private_key_pem.write_to_path(folder / "signing.key")
