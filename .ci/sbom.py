"""Writes what is in each artifact, in the format CycloneDX 1.6: sbom.py FOLDER

The crates come from `cargo tree`, with the features and the target that the artifact is built with, so tests and
tools are left out. The checksums come from Cargo.lock. It needs no other program and, once the crates are fetched,
no network. The npm package roundel depends on no other npm package. It contains several builds of one crate; the
list is that of all its features.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WASM = ["--target", "wasm32-unknown-unknown"]
#: artifact: options of `cargo tree`.
ARTIFACTS = {
    "roundel-process.zip": ["-p", "roundel-lambda"],
    "roundel-presign.zip": ["-p", "cruddur-functions"],
    "roundel-authorizer.zip": ["-p", "cruddur-functions"],
    "roundel.whl": ["-p", "roundel-python"],
    "roundel.tgz": ["-p", "roundel-wasm", "--all-features", *WASM],
    "cruddur-backend": ["-p", "cruddur-backend"],
}


def checksums() -> dict[tuple[str, str], str]:
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    return {(one["name"], one["version"]): one.get("checksum", "") for one in packages}


def crates(options: list[str]) -> list[tuple[str, str, str]]:
    """Name, version and license of each crate that is compiled into a program."""
    command = ["cargo", "tree", "--locked", "-e", "normal", "--prefix", "none", "--format", "{p}\t{l}", *options]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = set()
    for line in filter(None, listed.splitlines()):
        package, _, license = line.partition("\t")
        name, version = package.split()[:2]
        found.add((name, version.removeprefix("v"), license.removesuffix(" (*)")))
    return sorted(found)


def component(name: str, version: str, license: str, checksum: str) -> dict:
    found = {"type": "library", "name": name, "version": version, "purl": f"pkg:cargo/{name}@{version}"}
    if license:
        # Old crates separate alternatives by a slash.
        found["licenses"] = [{"expression": license.replace("/", " OR ")}]
    if checksum:
        found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return found


def document(artifact: str, components: list[dict]) -> dict:
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "name": artifact}},
        "components": components,
    }


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    known = checksums()
    for artifact, options in ARTIFACTS.items():
        found = [component(*crate, known.get(crate[:2], "")) for crate in crates(options)]
        (folder / f"{artifact}.cdx.json").write_text(json.dumps(document(artifact, found), indent=1))
        print(f"{artifact}: {len(found)} crates")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
