"""Refuses sub-interpreters: the native module has one set of classes for the whole process.

CPython 3.12 and later refuse by themselves. Before that the import would seem to work.
"""

import importlib
import sys

if sys.version_info < (3, 12) and sys.implementation.name == "cpython":
    _interpreters = importlib.import_module("_xxsubinterpreters")

    if _interpreters.get_current() != _interpreters.get_main():
        raise ImportError(
            "roundel does not support loading in subinterpreters "
            "(under mod_wsgi: WSGIApplicationGroup %{GLOBAL})"
        )
