"""Writes an AWS Lambda layer from a wheel: layer.py WHEEL ZIP

Lambda unpacks a layer to /opt and adds /opt/python/lib/python3.X/site-packages to the path of the
runtime python3.X. One wheel works with every version (abi3), but a layer has one folder per
version, so each folder has the same files.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

#: The runtimes of Lambda on Amazon Linux 2023. Its glibc (2.34) is new enough for the wheel.
RUNTIMES = ("3.12", "3.13", "3.14")
#: A fixed time for every file, so that the same wheel gives the same layer.
EPOCH = (1980, 1, 1, 0, 0, 0)


def write_layer(wheel: Path, layer: Path) -> None:
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(layer, "w") as target:
        for name in sorted(source.namelist()):
            for runtime in RUNTIMES:
                path = f"python/lib/python{runtime}/site-packages/{name}"
                entry = zipfile.ZipInfo(path, EPOCH)
                entry.external_attr = 0o644 << 16
                target.writestr(entry, source.read(name), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    write_layer(Path(sys.argv[1]), Path(sys.argv[2]))
    print(sys.argv[2])
