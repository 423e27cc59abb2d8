"""Checks wheels that cannot run here: check_wheels.py FOLDER

Each wheel must hold the package, its types and one native module for the machine that its name says.
"""

import struct
import sys
import zipfile
from pathlib import Path

#: A part of a wheel's platform tag, the kind of the module's file, and its machine.
#: ELF: e_machine. Mach-O: cputype. PE: Machine.
PLATFORMS = {
    "manylinux2014_x86_64": ("elf", 62),
    "musllinux_1_2_x86_64": ("elf", 62),
    "manylinux2014_aarch64": ("elf", 183),
    "musllinux_1_2_aarch64": ("elf", 183),
    "macosx_10_12_x86_64": ("mach-o", 0x01000007),
    "macosx_11_0_arm64": ("mach-o", 0x0100000C),
    "win_amd64": ("pe", 0x8664),
}
FILES = ("roundel/__init__.py", "roundel/py.typed", "roundel/__main__.py")


def machine(module):
    """The kind of a native module, and its machine."""
    if module[:4] == b"\x7fELF":
        return "elf", struct.unpack_from("<H", module, 18)[0]
    if module[:4] == b"\xcf\xfa\xed\xfe":
        return "mach-o", struct.unpack_from("<I", module, 4)[0]
    if module[:2] == b"MZ":
        start = struct.unpack_from("<I", module, 0x3C)[0]
        return "pe", struct.unpack_from("<H", module, start + 4)[0]
    return "unknown", 0


def faults(path):
    """What is wrong with a wheel."""
    expected = [found for tag, found in PLATFORMS.items() if tag in path.name]
    if len(expected) != 1:
        yield "its platform is not in the list"
        return
    if "-cp39-abi3-" not in path.name:
        yield "it is not for every CPython from 3.9 on"
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        yield from (f"{name} is missing" for name in FILES if name not in names)
        modules = [name for name in names if name.startswith("roundel/_native.")]
        modules = [name for name in modules if name.endswith((".so", ".pyd"))]
        found = [machine(wheel.read(name)) for name in modules]
    if found != expected:
        yield f"its native modules are {found}, not {expected}"


def main():
    wheels = sorted(Path(sys.argv[1]).glob("*.whl"))
    wrong = [f"{path.name}: {fault}" for path in wheels for fault in faults(path)]
    for path in wheels:
        print(f"{path.stat().st_size:>10,}  {path.name}")
    if wrong or not wheels:
        sys.exit("\n".join(wrong) or f"no wheels in {sys.argv[1]}")


if __name__ == "__main__":
    main()
