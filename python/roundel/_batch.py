"""Renders many photos on all cores, in order, in bounded memory."""

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
from ._option_types import Options
from ._options import checked
from ._render import render_loaded
from ._rendered import Rendered
from ._source import Photo, load

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: Photos in the queue per thread: one that is rendered and one that waits.
_QUEUE_PER_THREAD = 2


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
    """Renders photos on several threads. Yields results in the order of ``sources``.

    At most two photos per thread are read before their results are consumed, so memory does not
    grow with the number of photos. Stopping early, also by Ctrl-C, waits only for the photos that
    are being rendered.

    :param sources: an iterable of photos, each as for :func:`roundel.render`. Paths are read on
        the threads. Everything else is read when it is pulled from the iterable, so a buffer may
        be reused for the next photo.
    :param threads: number of threads; by default the number of cores of this process.
    :param progress: whether to show a progress bar on standard error. Needs tqdm.
    :param on_error: ``"raise"`` raises the first error. ``"return"`` yields it, a
        :class:`roundel.Error` or an :class:`OSError`, in place of the result and continues.
    :param options: see :class:`roundel.Options`.
    :raises roundel.InvalidOptions: before any photo is read.
    """
    if on_error not in ("raise", "return"):
        raise ValueError(f'on_error must be "raise" or "return", not {on_error!r}')
    threads = _core_count() if threads is None else threads
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    # The photos keep all threads busy, so the sizes of one photo need no threads of their own.
    core_options = checked({"parallel": False, **options})
    results = _render_in_order(sources, core_options, threads, on_error == "return")
    return _with_progress_bar(results, sources) if progress else results


def _render_in_order(
    sources: Iterable[Photo], options: _native.Options, threads: int, return_errors: bool
) -> Iterator[Union[Rendered, Error, OSError]]:
    pool = ThreadPoolExecutor(threads, thread_name_prefix="roundel")
    queue: Deque[Future[Rendered]] = deque()
    try:
        for source in sources:
            queue.append(_submit(pool, source, options))
            if len(queue) >= threads * _QUEUE_PER_THREAD:
                yield _result(queue.popleft(), return_errors)
        while queue:
            yield _result(queue.popleft(), return_errors)
    finally:
        # Also runs when the consumer stops early or on Ctrl-C. Queued photos are not started.
        pool.shutdown(wait=True, cancel_futures=True)


def _submit(
    pool: ThreadPoolExecutor, source: Photo, options: _native.Options
) -> Future[Rendered]:
    if isinstance(source, (str, os.PathLike)):
        return pool.submit(lambda: render_loaded(load(source, options.input_bytes), options))
    # Read here and not on a thread: members of an archive share one file position, and a camera
    # overwrites its array with the next picture.
    try:
        photo = load(source, options.input_bytes)
    except (Error, OSError) as error:
        failed: Future[Rendered] = Future()
        failed.set_exception(error)
        return failed
    return pool.submit(render_loaded, photo, options)


def _result(future: Future[Rendered], return_errors: bool) -> Union[Rendered, Error, OSError]:
    try:
        return future.result()
    except (Error, OSError) as error:
        if return_errors:
            return error
        raise


def _with_progress_bar(results: Iterator[Any], sources: Iterable[Photo]) -> Iterator[Any]:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError("progress=True needs tqdm: pip install 'roundel[progress]'") from None
    total = len(sources) if isinstance(sources, Sized) else None
    return iter(tqdm(results, total=total, unit="photo"))


def _core_count() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
