"""Writes an AWS Lambda layer from a wheel: layer.py WHEEL ZIP

Lambda unpacks a layer to /opt and puts /opt/python/lib/python3.X/site-packages on the path of
the runtime python3.X. The wheel serves every version (abi3), but a layer has one folder for
each, so each holds the same files.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

#: The runtimes of Lambda on Amazon Linux 2023, whose glibc (2.34) is that of the wheel.
RUNTIMES = ("3.12", "3.13", "3.14")
#: The same wheel gives the same layer: no file has a time of its own.
EPOCH = (1980, 1, 1, 0, 0, 0)


def write_layer(wheel: Path, layer: Path) -> None:
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(layer, "w") as target:
        for name in sorted(source.namelist()):
            for runtime in RUNTIMES:
                place = f"python/lib/python{runtime}/site-packages/{name}"
                entry = zipfile.ZipInfo(place, EPOCH)
                entry.external_attr = 0o644 << 16
                target.writestr(entry, source.read(name), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    write_layer(Path(sys.argv[1]), Path(sys.argv[2]))
    print(sys.argv[2])
