"""Writes zips for AWS Lambda: zips.py FOLDER DIST PROGRAM...

FOLDER contains the built programs roundel-PROGRAM. Each is stripped and written to
DIST/roundel-PROGRAM.zip as `bootstrap`. Its symbols are in DIST/roundel-PROGRAM.debug, for
`addr2line`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

#: The glibc of provided.al2023 (Amazon Linux 2023).
GLIBC = (2, 34)
#: A fixed time, so that the same program gives the same zip.
EPOCH = (1980, 1, 1, 0, 0, 0)


def tool(name: str, program: Path) -> str:
    """The binutils tool for the program's machine (183 in the ELF header is AArch64)."""
    machine = int.from_bytes(program.read_bytes()[18:20], "little")
    prefix = "aarch64-linux-gnu-" if machine == 183 and os.uname().machine != "aarch64" else ""
    return prefix + name


def newest_glibc(program: Path) -> tuple[int, ...]:
    """The newest version among the glibc symbols that the program uses."""
    symbols = subprocess.run(
        [tool("objdump", program), "-T", program], check=True, capture_output=True, text=True
    ).stdout
    versions = re.findall(r"GLIBC_(\d+(?:\.\d+)+)", symbols)
    return max((tuple(map(int, version.split("."))) for version in versions), default=(0,))


def write_zip(program: Path, dist: Path) -> Path:
    newest = newest_glibc(program)
    if newest > GLIBC:
        needs, has = (".".join(map(str, version)) for version in (newest, GLIBC))
        sys.exit(
            f"{program.name} needs glibc {needs}, but provided.al2023 has {has}: "
            "build on an older system (Debian 12, Ubuntu 22.04, Amazon Linux 2023)"
        )
    symbols, stripped = dist / f"{program.name}.debug", dist / "bootstrap"
    objcopy = tool("objcopy", program)
    subprocess.run([objcopy, "--only-keep-debug", program, symbols], check=True)
    link = f"--add-gnu-debuglink={symbols}"
    subprocess.run([objcopy, "--strip-all", link, program, stripped], check=True)
    archive = dist / f"{program.name}.zip"
    entry = zipfile.ZipInfo("bootstrap", EPOCH)
    entry.external_attr = 0o755 << 16
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(entry, stripped.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
    stripped.unlink()
    return archive


def main(folder: Path, dist: Path, names: list[str]) -> None:
    if not shutil.which("objcopy"):
        sys.exit("missing: objcopy and objdump (Debian, Ubuntu: apt-get install binutils)")
    dist.mkdir(exist_ok=True)
    for name in names:
        archive = write_zip(folder / f"roundel-{name}", dist)
        print(f"{archive.stat().st_size / 1e6:5.2f} MB  {archive}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
