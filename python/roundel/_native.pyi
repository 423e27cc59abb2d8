from typing import Final, final

from ._source import Pixels

__all__ = ["FORMATS", "Options", "main", "panic", "probe", "render"]

FORMATS: Final[list[tuple[str, str, str]]]

@final
class Options:
    def __new__(cls, json: str) -> Options: ...
    @property
    def input_bytes(self) -> int: ...

def render(
    photo: bytes | Pixels, options: Options
) -> tuple[str, str, list[bytes], list[tuple[str, float]]]: ...
def probe(photo: bytes | Pixels, options: Options) -> str: ...
def main(args: list[str]) -> int: ...
def panic() -> None: ...
