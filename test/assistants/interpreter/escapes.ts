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
    'import _pyodide_core; _pyodide_core.trigger_fatal_error()',
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
    `import ctypes; ctypes.CDLL(None).emscripten_run_script(b"fetch('${url}')")`,
    'import ctypes; ctypes.CDLL(None).emscripten_run_script_string(b"JSON.stringify(process.env)")',
    `import ctypes
fd = ctypes.CDLL(None).open(b"${file}", 0)
b = ctypes.create_string_buffer(100)
ctypes.CDLL(None).read(fd, b, 100)
b.value`,
    'import ctypes; ctypes.CDLL(None).getenv.restype = ctypes.c_char_p; ctypes.CDLL(None).getenv(b"GUAGUA_CANARY")',
    `import ctypes; ctypes.CDLL("${file}")`,
    'import ctypes; ctypes.string_at(0, 100_000_000)',
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
    'import faulthandler; faulthandler._sigsegv()',
    'import os; os.abort()',
  ]
}
