"""The command line: ``roundel PHOTO...``, or ``python -m roundel PHOTO...``; see ``--help``.

It is the same program as the Rust example ``avatar``, called in the native module.
"""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

from . import _native


def main() -> NoReturn:
    """The console script."""
    # Python's own handler would wait until Rust returns. The default action ends the process at
    # once. A SIGINT that is ignored, as in a background job, stays ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_native.main(["roundel", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
