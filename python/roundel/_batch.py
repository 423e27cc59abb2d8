"""Many photos, on all cores, in order, in bounded memory."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import (
    TYPE_CHECKING,
    Any,
    Deque,
    Iterable,
    Iterator,
    Literal,
    Optional,
    Sized,
    Union,
    overload,
)

from . import _native
from ._errors import Error
from ._options import Options, checked
from ._render import rendered
from ._rendered import Rendered
from ._source import Photo, load

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: Photos under way for each thread: one that it works on and one that waits for it.
_AHEAD = 2


@overload
def render_many(
    sources: Iterable[Photo],
    *,
    threads: Optional[int] = ...,
    progress: bool = ...,
    on_error: Literal["raise"] = ...,
    **options: Unpack[Options],
) -> Iterator[Rendered]: ...
@overload
def render_many(
    sources: Iterable[Photo],
    *,
    threads: Optional[int] = ...,
    progress: bool = ...,
    on_error: Literal["return"],
    **options: Unpack[Options],
) -> Iterator[Union[Rendered, Error, OSError]]: ...
def render_many(
    sources: Iterable[Photo],
    *,
    threads: Optional[int] = None,
    progress: bool = False,
    on_error: Literal["raise", "return"] = "raise",
    **options: Unpack[Options],
) -> Iterator[Union[Rendered, Error, OSError]]:
    """Renders photos on several threads; yields in the order of ``sources``.

    ``sources`` is drawn from as results are taken, two photos ahead for each thread, so memory
    does not grow with its length. Stopping early, by Ctrl-C too, waits only for the photos that
    are being rendered.

    :param sources: any iterable of what :func:`roundel.render` takes. Paths are read on the
        threads; everything else when it is drawn, so it may be reused for the next photo.
    :param threads: how many; by default as many as there are cores for this process.
    :param progress: whether to show a bar on standard error. Needs tqdm.
    :param on_error: ``"raise"`` raises the first failure in order; ``"return"`` yields it, a
        :class:`roundel.Error` or an :class:`OSError`, in the place of its photo, and goes on.
    :param options: see :class:`roundel.Options`; checked at once, before any photo is drawn.
    :raises roundel.InvalidOptions: at once.
    """
    if on_error not in ("raise", "return"):
        raise ValueError(f'on_error is "raise" or "return", not {on_error!r}')
    threads = _cores() if threads is None else threads
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    # Photos are spread over the threads; a photo's sizes need not be too. The bytes are the same.
    chosen = checked({"parallel": False, **options})
    results = _ordered(sources, chosen, threads, on_error == "return")
    return _shown(results, sources) if progress else results


def _ordered(
    sources: Iterable[Photo], options: _native.Options, threads: int, keep: bool
) -> Iterator[Union[Rendered, Error, OSError]]:
    pool = ThreadPoolExecutor(threads, thread_name_prefix="roundel")
    waiting: Deque[Future[Rendered]] = deque()
    try:
        for source in sources:
            waiting.append(_submit(pool, source, options))
            if len(waiting) >= threads * _AHEAD:
                yield _outcome(waiting.popleft(), keep)
        while waiting:
            yield _outcome(waiting.popleft(), keep)
    finally:
        # Also when the consumer stops early or Ctrl-C arrives: what has not begun never will.
        pool.shutdown(wait=True, cancel_futures=True)


def _submit(
    pool: ThreadPoolExecutor, source: Photo, options: _native.Options
) -> Future[Rendered]:
    if isinstance(source, (str, os.PathLike)):
        return pool.submit(lambda: rendered(load(source, options.input_bytes), options))
    # Here and not on a thread: an archive's members share one file position, and a camera's
    # array is overwritten by the next picture.
    try:
        photo = load(source, options.input_bytes)
    except (Error, OSError) as error:
        failed: Future[Rendered] = Future()
        failed.set_exception(error)
        return failed
    return pool.submit(rendered, photo, options)


def _outcome(future: Future[Rendered], keep: bool) -> Union[Rendered, Error, OSError]:
    try:
        return future.result()
    except (Error, OSError) as error:
        if keep:
            return error
        raise


def _shown(results: Iterator[Any], sources: Iterable[Photo]) -> Iterator[Any]:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError("progress=True needs tqdm: pip install 'roundel[progress]'") from None
    total = len(sources) if isinstance(sources, Sized) else None
    return iter(tqdm(results, total=total, unit="photo"))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
