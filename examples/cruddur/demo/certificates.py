"""A certificate authority of this run alone, and the certificate that it gives the postman."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: Whom the messages of SNS are signed by.
SNS = "sns.amazonaws.com"
LIFETIME = datetime.timedelta(days=2)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: str, issuer: str, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )


def _root(key: rsa.RSAPrivateKey) -> x509.Certificate:
    builder = _builder("Cruddur demo", "Cruddur demo", key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.sign(key, hashes.SHA256())


def _leaf(key: rsa.RSAPrivateKey, root: rsa.RSAPrivateKey) -> x509.Certificate:
    names = x509.SubjectAlternativeName([x509.DNSName(SNS)])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = _builder(SNS, "Cruddur demo", key)
    builder = builder.add_extension(names, critical=False).add_extension(usage, critical=False)
    return builder.sign(root, hashes.SHA256())


def found(folder: Path) -> None:
    """Writes `root.pem`, `leaf.pem` and `leaf.key`. The root's own key is not kept."""
    root, leaf = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    pem = serialization.Encoding.PEM
    key = leaf.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "leaf.key").touch(mode=0o600)
    (folder / "leaf.key").write_bytes(key)
    (folder / "root.pem").write_bytes(_root(root).public_bytes(pem))
    (folder / "leaf.pem").write_bytes(_leaf(leaf, root).public_bytes(pem))
