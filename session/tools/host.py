"""The process that holds a file of tools: loads it, and calls its functions.

A process of its own, so that whatever a function does, the conversation does not notice: one that computes for a
second keeps no sound waiting, one that prints does not write between our lines, one that crashes ends nothing else.
Functions run on threads, and coroutine functions on the loop. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, Final

import msgspec

from realtime_chat.session.cleaning import encodable
from realtime_chat.session.tools.functions import Function, Unfit, functions_of
from realtime_chat.session.tools.wire import (
    AnyReply,
    AnyRequest,
    Broken,
    CallRequest,
    CheckRequest,
    Described,
    Done,
    DropRequest,
    Loaded,
    Misfit,
    Unloadable,
)

MOST_THREADS: Final = 32
"""Functions that may run at a time. One that never ends keeps its thread: no function can be stopped from outside."""

LONGEST_TEXT: Final = 200_000
"""Characters of a result that are handed over; the model is told fewer."""


class Host:
    """Answers requests about the functions of one file."""

    def __init__(self, functions: list[Function], reply: Callable[[AnyReply], None]) -> None:
        """Make one; ``reply`` is called on any thread."""
        self._functions = {function.name: function for function in functions}
        self._reply = reply
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._room = threading.BoundedSemaphore(MOST_THREADS)

    def take(self, request: AnyRequest) -> None:
        """Begin what a request asks for; on the event loop."""
        if isinstance(request, DropRequest):
            if (task := self._tasks.get(request.key)) is not None:
                task.cancel()
            return
        function = self._functions[request.name]
        try:
            values = function.converted(request.arguments)
        except msgspec.ValidationError as error:
            self._reply(Misfit(key=request.key, text=encodable(str(error))))
            return
        except Exception as error:  # noqa: BLE001 - a type of the file's own may refuse its values in any way
            self._reply(Misfit(key=request.key, text=said_by(error)))
            return
        match request:
            case CheckRequest():
                self._reply(Done(key=request.key))
            case CallRequest() if function.is_async:
                task = asyncio.get_running_loop().create_task(self._await(request.key, function, values))
                self._tasks[request.key] = task
                task.add_done_callback(lambda _: self._tasks.pop(request.key, None))
            case CallRequest():
                self._begin(request.key, function, values)

    async def _await(self, key: int, function: Function, values: dict[str, Any]) -> None:
        try:
            reply: AnyReply = Done(key=key, text=text_of(await function.run(**values)))
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a function does is its result
            reply = Broken(key=key, text=said_by(error))
        self._reply(reply)

    def _begin(self, key: int, function: Function, values: dict[str, Any]) -> None:
        if not self._room.acquire(blocking=False):
            text = f"{MOST_THREADS} calls have not ended yet: this one was not begun."
            self._reply(Broken(key=key, text=text))
            return
        threading.Thread(target=self._run, args=(key, function, values), daemon=True).start()

    def _run(self, key: int, function: Function, values: dict[str, Any]) -> None:
        try:
            reply: AnyReply = Done(key=key, text=text_of(function.run(**values)))
        except BaseException as error:  # noqa: BLE001 - whatever a function does is its result, SystemExit too
            reply = Broken(key=key, text=said_by(error))
        finally:
            self._room.release()
        self._reply(reply)


def text_of(value: object) -> str:
    """Give what a function returned as text: a text as it is, all else as JSON, and nothing as ``done``.

    Raises:
        TypeError: JSON has nothing for it.
    """
    if value is None:
        return "done"
    return encodable((value if isinstance(value, str) else _json(value))[:LONGEST_TEXT])


def said_by(error: BaseException) -> str:
    """Give what went wrong, in one line for the model."""
    return encodable(f"{type(error).__name__}: {error}"[:LONGEST_TEXT])


def _json(value: object) -> str:
    try:
        return msgspec.json.encode(value, enc_hook=_plain).decode()
    except UnicodeEncodeError:  # a text in it has lone surrogates, as the names of files do that are no UTF-8
        return json.dumps(msgspec.to_builtins(value, enc_hook=_plain, str_keys=True), ensure_ascii=False)


def _plain(value: object) -> str:
    """Give the text of a value that JSON has no form for, where it says what the value is and not where it lies.

    Raises:
        TypeError: It says nothing of use to a model.
    """
    text = str(value)
    if callable(value) or isinstance(value, Iterator | AsyncIterator | Awaitable) or f"{id(value):x}" in text.lower():
        raise TypeError(f"it returns a {type(value).__name__}, which is no text and no JSON")
    return text


def load(path: Path) -> ModuleType:
    """Run a file as a module; it may import its neighbours, behind everything else that there is to import.

    Raises:
        Unfit: It cannot be read or run.
    """
    name = "".join(letter if letter.isalnum() else "_" for letter in path.stem)
    spec = importlib.util.spec_from_file_location(f"tools_of_{name}", path)
    if spec is None or spec.loader is None:
        raise Unfit("it is no Python file: its name must end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.append(str(path.parent.absolute()))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise Unfit(f"line {error.lineno}: {error.msg}") from error
    except BaseException as error:
        raise Unfit(f"it ends with {said_by(error)}") from error
    return module


async def serve(path: Path, requests: BinaryIO, reply: Callable[[AnyReply], None]) -> None:
    """Load a file and answer the requests about it, until there are no more."""
    try:
        functions = functions_of(load(path))
    except Unfit as problem:
        reply(Unloadable(reason=encodable(str(problem))))
        return
    described = [
        Described(name=one.name, description=one.description, parameters=one.parameters, is_read_only=one.is_read_only)
        for one in functions
    ]
    reply(Loaded(functions=described))
    host = Host(functions, reply)
    loop = asyncio.get_running_loop()
    over = asyncio.Event()

    def read() -> None:
        for line in requests:
            request = msgspec.json.decode(line, type=AnyRequest)
            loop.call_soon_threadsafe(host.take, request)
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=read, daemon=True).start()
    await over.wait()


def main() -> None:
    """Serve the file that the command names, on standard input and output as they are now."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Whatever the functions, and the programs they start, read and write does not get between the lines.
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - only its descriptor is wanted
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    lock = threading.Lock()

    def reply(message: AnyReply) -> None:
        with lock:
            replies.write(msgspec.json.encode(message) + b"\n")
            replies.flush()

    with contextlib.suppress(BrokenPipeError):
        asyncio.run(serve(Path(sys.argv[1]), requests, reply))
    sys.stdout.flush()
    os._exit(0)  # a function that never ends must not keep it


if __name__ == "__main__":
    main()
