"""Runs cells as a notebook does. Talks to its thread through descriptors only, never through JavaScript."""

import ast
import builtins
import contextlib
import importlib.machinery
import io
import json
import linecache
import os
import random
import signal
import socket
import sys
import traceback
import types

from _pyodide._base import CodeRunner
from _pyodide._base import find_imports as _find_imports

DATA = "/mnt/data"
EVENTS = "/dev/outputs"
FIGURES = "/tmp/.figures"
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
OWN_FILES = ("guagua_runner.py", "/lib/python314.zip/_pyodide/_base.py")
MAX_TEXT = 16_000
MAX_ENTRIES = 10_000

_open, _write, _close, _dumps = os.open, os.write, os.close, json.dumps
_figures = 0
_cells = 0
_task = None
_is_in_cell = False
_is_stopped = False
_stopped_cell = 0
_unavailable = {}


def _emit(event):
    descriptor = _open(EVENTS, os.O_WRONLY)
    try:
        _write(descriptor, _dumps(event).encode())
    finally:
        _close(descriptor)


def _say(text):
    if len(text) > MAX_TEXT:
        half = MAX_TEXT // 2
        text = f"{text[:half]}\n[… {len(text) - MAX_TEXT} characters left out …]\n{text[-half:]}"
    _write(1, (text + "\n").encode("utf-8", "backslashreplace"))


def _text_stream(descriptor):
    raw = open(descriptor, "wb", 0, closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)


# Pictures


def _emit_picture(save):
    """`save` writes a PNG into the file it is given."""
    global _figures
    _figures += 1
    path = f"{FIGURES}/{_figures}.png"
    os.makedirs(FIGURES, exist_ok=True)
    with open(path, "wb") as file:
        save(file)
    _emit({"image": path, "name": f"figure-{_figures}.png"})


def _show_figures(only_unsaved=False):
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not hasattr(pyplot, "get_fignums"):
        return
    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        if only_unsaved and getattr(figure, "_picture_written", False):
            continue
        _emit_picture(lambda file, figure=figure: _save_figure(figure, file))
    pyplot.close("all")


def _save_figure(figure, file):
    figure.savefig(file, format="png", bbox_inches="tight")


def _as_picture(value):
    """What writes the value as a PNG, or None."""
    module = type(value).__module__ or ""
    if module.startswith("PIL.") and hasattr(value, "save"):
        return lambda file: value.save(file, "PNG")
    if module.startswith("matplotlib.") and type(value).__name__ == "Figure":
        return lambda file: _save_figure(value, file)
    if hasattr(type(value), "_repr_png_"):
        content = value._repr_png_()
        if isinstance(content, bytes):
            return lambda file: file.write(content)
    return None


def display(*values):
    """Shows values: pictures as pictures, everything else as text."""
    for value in values:
        save = _as_picture(value)
        if save is None:
            _say(value if isinstance(value, str) else repr(value))
        else:
            _emit_picture(save)
            if type(value).__name__ == "Figure" and "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close(value)


def _pictures_below_data():
    found = {}
    seen = 0
    for folder, folders, files in os.walk(DATA):
        seen += len(folders) + len(files)
        if seen > MAX_ENTRIES:
            break
        for name in files:
            path = os.path.join(folder, name)
            if name.lower().endswith(PICTURES) and not os.path.islink(path):
                with contextlib.suppress(OSError):
                    entry = os.stat(path)
                    found[path] = (entry.st_mtime_ns, entry.st_size, entry.st_ino)
    return found


# Imports


class _Hooks:
    """Finds nothing by itself: adapts a few modules when they are first imported, and refuses some."""

    refused = {
        "js": "JavaScript",
        "pyodide_js": "JavaScript",
        "micropip": "installing packages",
        "pyodide.http": "the network",
    }

    def __init__(self):
        self.adapt = {
            "matplotlib.pyplot": _adapt_pyplot,
            "matplotlib.figure": _adapt_figure,
            "PIL.Image": _adapt_pillow,
        }

    def find_spec(self, name, path=None, target=None):
        what = self.refused.get(name) or self.refused.get(name.partition(".")[0])
        if what is not None:
            raise ModuleNotFoundError(f"{name} is not available here: this sandbox has no access to {what}", name=name)
        adapt = self.adapt.get(name)
        if adapt is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            adapt(module)

        spec.loader.exec_module = exec_module
        return spec


def _adapt_pyplot(module):
    module.show = lambda *arguments, **options: _show_figures()


def _adapt_figure(module):
    savefig = module.Figure.savefig

    def save(self, fname, *arguments, **options):
        if isinstance(fname, (str, os.PathLike)) and str(fname).lower().endswith(PICTURES):
            self._picture_written = os.path.abspath(fname).startswith(DATA + "/")
        return savefig(self, fname, *arguments, **options)

    module.Figure.savefig = save


def _adapt_pillow(module):
    module.Image.show = lambda self, *arguments, **options: display(self)


def _adapt_socket(module):
    def refuse(*arguments, **options):
        raise OSError(101, "Network is unreachable: this sandbox has no network")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        setattr(module.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        setattr(module, name, refuse)


def imports_of(source):
    """The modules that the source imports, as JSON, less those that are there."""
    try:
        names = _find_imports(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "[]"
    missing = []
    for name in names:
        top = name.partition(".")[0]
        if top not in sys.modules and top not in sys.stdlib_module_names and top not in _Hooks.refused:
            try:
                found = importlib.machinery.PathFinder.find_spec(top)
            except (ImportError, ValueError):
                found = None
            if found is None:
                missing.append(name)
    return json.dumps(missing[:200])


# Cells


def _stop(*_):
    """SIGINT: stops the code of a cell only, never what is done before and after it."""
    global _is_stopped
    if _is_in_cell:
        raise KeyboardInterrupt
    _is_stopped = True


def _refuse_input(prompt=""):
    raise RuntimeError("input() is not available here: nobody can type. Put the value into the code instead.")


def _refuse_process(*arguments, **options):
    raise PermissionError(1, "This sandbox cannot start processes")


def start():
    """Prepares what a snapshot does not hold: files, streams, randomness."""
    random.seed()
    os.makedirs(DATA, exist_ok=True)
    os.chdir(DATA)
    sys.stdout, sys.stderr = _text_stream(1), _text_stream(2)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    os.environ.clear()
    os.environ.update(HOME=DATA, LANG="C.UTF-8", MPLBACKEND="agg", MPLCONFIGDIR="/tmp", TMPDIR="/tmp")
    builtins.input = _refuse_input
    signal.signal(signal.SIGINT, _stop)
    os.system = sys.modules["posix"].system = os.popen = _refuse_process
    sys.meta_path.insert(0, _Hooks())
    _adapt_socket(socket)
    for name in list(sys.modules):
        if name.partition(".")[0] in ("js", "pyodide_js"):
            del sys.modules[name]
    # asyncio asks Pyodide's settings whether it may wait for a coroutine.
    settings = types.ModuleType("pyodide_js._api")
    settings.config = types.SimpleNamespace(enableRunUntilComplete=True)
    sys.modules["pyodide_js"] = types.ModuleType("pyodide_js")
    sys.modules["pyodide_js._api"] = settings
    main = types.ModuleType("__main__")
    main.display = display
    sys.modules["__main__"] = main
    return None


def _explain(error):
    """The traceback as a notebook shows it: without the frames of whoever ran the cell."""
    frames = error.__traceback__
    while frames is not None and not frames.tb_frame.f_code.co_filename.startswith("<cell"):
        frames = frames.tb_next
    shown = traceback.TracebackException(type(error), error, frames)
    _drop_own_frames(shown)
    text = "".join(shown.format()).rstrip()
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        if top in _unavailable:
            text += f"\n{top} is not available here: {_unavailable[top]} Use the standard library."
        elif top not in _Hooks.refused:
            text += f"\n{top} is not available here, and nothing can be installed. Use the standard library."
    return text


def _drop_own_frames(shown):
    while shown is not None:
        shown.stack[:] = [frame for frame in shown.stack if frame.filename not in OWN_FILES]
        shown = shown.__cause__ or shown.__context__


async def _run_cell(source):
    global _is_in_cell
    namespace = sys.modules["__main__"].__dict__
    filename = f"<cell {_cells}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    runner = CodeRunner(source, filename=filename, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    try:
        _is_in_cell = True
        if _is_stopped or _stopped_cell == _cells:
            raise KeyboardInterrupt
        return await runner.compile().run_async(namespace)
    finally:
        _is_in_cell = False


async def run(source, unavailable):
    """Runs a cell. What it prints, shows and raises goes to the descriptors."""
    global _cells, _task, _unavailable, _is_stopped
    import asyncio

    _cells += 1
    _unavailable = json.loads(unavailable)
    if not os.path.isdir(DATA):
        os.makedirs(DATA, exist_ok=True)
    before = _pictures_below_data()
    _task = asyncio.current_task()
    try:
        value = await _run_cell(source)
        _flush()
        if value is not None:
            sys.modules["__main__"]._ = value
            _show_value(value)
        _show_figures(only_unsaved=True)
    except SystemExit as error:
        _flush()
        _say(f"SystemExit: {error.code}")
    except BaseException as error:
        _flush()
        try:
            _say(_explain(error))
        except BaseException as second:
            _say(f"{type(error).__name__} (its traceback cannot be shown: {type(second).__name__})")
    finally:
        _task = None
    _emit_new_pictures(before)
    _cancel_the_rest(asyncio)
    _is_stopped = False


def _show_value(value):
    save = _as_picture(value)
    if save is None:
        _say(repr(value))
    else:
        display(value)


def _emit_new_pictures(before):
    after = _pictures_below_data()
    written = [path for path in after if after[path] != before.get(path)]
    for path in sorted(written, key=lambda path: after[path][0]):
        _emit({"image": path, "name": os.path.basename(path)})


def _cancel_the_rest(asyncio):
    for task in asyncio.all_tasks():
        if task is not asyncio.current_task():
            task.cancel()


def _flush():
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def cancel(cell):
    """Ends a cell, by its number, that waits for something or has not begun."""
    global _stopped_cell
    _stopped_cell = cell
    if _task is not None and cell == _cells:
        _task.cancel()
