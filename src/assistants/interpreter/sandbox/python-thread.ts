// The thread of Python in a sandbox process. After the start it has no permission for files, processes,
// threads or the network, and none of JavaScript's means to ask for them.
import { constants, readFileSync } from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  isMainThread,
  parentPort,
  receiveMessageOnPort,
  workerData,
  type MessagePort,
} from 'node:worker_threads'

import type { PyodideAPI } from 'pyodide'
import type { PyAwaitable, PyCallable } from 'pyodide/ffi'

import { capWasmMemory } from '../../../wasm-memory.ts'
import { boundFiles, type FileBounds, type MemoryFiles } from './memory-files.ts'
import {
  shared,
  type SandboxLimits,
  type SandboxReply,
  type SandboxRequest,
  type SandboxStart,
} from './messages.ts'
import { createOutputLog, type OutputLog } from './output-log.ts'

const dataFolder = '/mnt/data'
const figuresFolder = '/tmp/.figures/'

/** What this file uses of WebAssembly: TypeScript declares it only together with the DOM. */
interface WasmTypes {
  instantiate(bytes: Uint8Array, imports: object): Promise<unknown>
}

interface Runner {
  run: PyCallable
  cancel: PyCallable
  importsOf: PyCallable
}

interface Python {
  pyodide: PyodideAPI
  files: MemoryFiles
  bounds: FileBounds
  runner: Runner
  log: OutputLog
  limits: SandboxLimits
}

const parent = parentPort
if (isMainThread || parent === null) throw new Error('this file is the thread of a sandbox')
const { numbers, start, interrupts } = workerData as {
  numbers: Int32Array
  start: SandboxStart
  interrupts: MessagePort
}
// Taken before Python runs anything that could replace them.
const postMessage = parent.postMessage.bind(parent)
const reply = (message: SandboxReply) => postMessage(message)

async function makeSnapshot(options: SandboxStart): Promise<void> {
  const pyodide = await loadPyodide(options)
  await defineRunner(pyodide)
  const content = pyodide.makeMemorySnapshot()
  reply({ type: 'snapshot', content })
}

async function startPython(options: SandboxStart): Promise<Python> {
  const { limits } = options
  const pyodide = await loadPyodide(options)
  if (options.snapshotFile === null) await defineRunner(pyodide)
  const files = toMemoryFiles(pyodide)
  const log = createOutputLog(limits)
  const print = { write: (bytes: Uint8Array) => (log.print(bytes), bytes.length) }
  pyodide.setStdout(print)
  pyodide.setStderr(print)
  pyodide.setStdin({ stdin: () => null })
  pyodide.setInterruptBuffer(numbers)
  addOutputDevice(files, log)
  files.mkdirTree(dataFolder)
  const module = pyodide.pyimport('guagua_runner')
  const runner = { run: module.run, cancel: module.cancel, importsOf: module.imports_of }
  module.start()
  const bounds = boundFiles(files, limits.fileBytes)
  closeDoors(pyodide, files)
  return { pyodide, files, bounds, runner, log, limits }
}

/** Pyodide's types leave out what the file system has for its own use. */
function toMemoryFiles(pyodide: PyodideAPI): MemoryFiles {
  return pyodide.FS as unknown as MemoryFiles
}

async function loadPyodide(options: SandboxStart): Promise<PyodideAPI> {
  const { pyodideFolder, packages, snapshotFile, makeSnapshot: make, limits } = options
  // Emscripten asks the deprecated function for these numbers, and permissions forbid the function.
  Object.defineProperty(process, 'binding', { value: () => ({ fs: constants }) })
  limitMemory(limits.memoryBytes)
  const entry = pathToFileURL(join(pyodideFolder, 'pyodide.mjs')).href
  const { loadPyodide: load } = (await import(entry)) as typeof import('pyodide')
  return load({
    indexURL: pyodideFolder,
    jsglobals: Object.create(null) as object,
    env: { HOME: dataFolder },
    ...(packages && {
      lockFileContents: packages.lockFile,
      packageBaseUrl: `${packages.folder}/`,
      packageCacheDir: packages.folder,
    }),
    ...(make && { _makeSnapshot: true }),
    ...(snapshotFile !== null && { _loadSnapshot: readFileSync(snapshotFile) }),
  })
}

/** Python's heap is the first large module's own memory; extension modules share it. */
function limitMemory(maxBytes: number): void {
  const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WasmTypes }
  const instantiate = wasm.instantiate.bind(wasm)
  wasm.instantiate = (bytes, imports) => {
    if (bytes instanceof Uint8Array && bytes.length > 1_000_000) {
      capWasmMemory(bytes, maxBytes)
      wasm.instantiate = instantiate
    }
    return instantiate(bytes, imports)
  }
}

async function defineRunner(pyodide: PyodideAPI): Promise<void> {
  const source = readFileSync(new URL('./runner.py', import.meta.url), 'utf8')
  const namespace = pyodide.toPy({ source })
  await pyodide.runPythonAsync(
    `import sys, types
module = types.ModuleType('guagua_runner')
sys.modules['guagua_runner'] = module
exec(compile(source, 'guagua_runner.py', 'exec'), module.__dict__)`,
    { globals: namespace },
  )
  namespace.destroy()
}

/** Where Python names its pictures: a device, because a function could be asked for more. */
function addOutputDevice(files: MemoryFiles, log: OutputLog): void {
  const device = files.makedev(64, 0)
  files.registerDevice(device, {
    open() {},
    close() {},
    write(_stream: unknown, buffer: Uint8Array | Int8Array, ...[offset, length]: [number, number]) {
      const bytes = buffer.slice(offset, offset + length)
      showPicture(Buffer.from(bytes).toString('utf8'))
      return length
    },
  })
  files.mkdev('/dev/outputs', device)

  function showPicture(text: string): void {
    try {
      const event: unknown = JSON.parse(text)
      if (!isPicture(event)) return
      const { size } = files.stat(event.image)
      if (size > start.limits.pictureBytes) return log.leaveOut()
      log.show({ filename: event.name, content: files.readFile(event.image) })
      if (event.image.startsWith(figuresFolder)) files.unlink(event.image)
    } catch {
      // Not what the runner writes.
    }
  }
}

function isPicture(event: unknown): event is { image: string; name: string } {
  return (
    typeof event === 'object' &&
    event !== null &&
    'image' in event &&
    typeof event.image === 'string' &&
    'name' in event &&
    typeof event.name === 'string'
  )
}

/**
 * Python has no JavaScript objects to begin with; whoever finds one must find nothing behind it. The
 * permissions are what holds: whatever this leaves open, they close.
 */
function closeDoors(pyodide: PyodideAPI, files: MemoryFiles): void {
  for (const name of ['js', 'pyodide_js']) pyodide.unregisterJsModule(name)
  for (const name of Object.keys(files.filesystems)) {
    if (name !== 'MEMFS') delete files.filesystems[name]
  }
  const require = createRequire(import.meta.url)
  // What `system()` of the C library ends in: "command not found" instead of an exception.
  const processes = require('node:child_process') as { spawnSync: () => object }
  processes.spawnSync = () => ({ status: 127, signal: null })
  syncBuiltinESMExports()

  for (const scope of ['worker', 'child', 'addon', 'wasi', 'inspector', 'fs.write', 'net']) {
    dropPermission(scope)
  }
  for (const name of processFunctions) Object.defineProperty(process, name, { value: undefined })
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'require', 'navigator', 'process']) {
    Reflect.deleteProperty(globalThis, name)
  }
  // Who may shape stack traces is handed whatever runs, and what they say names folders of the host.
  const prepareStackTrace = (error: Error) => `${error.name}: ${error.message}`
  Object.defineProperty(Error, 'prepareStackTrace', { value: prepareStackTrace })
  // Emscripten's `exit()` wants one.
  Object.assign(globalThis, { process: { __proto__: null, exitCode: 0, exit() {} } })
}

/** What Node's permissions do not cover. */
const processFunctions = [
  'kill',
  '_kill',
  'abort',
  'dlopen',
  'binding',
  'execve',
  'getBuiltinModule',
  'report',
]

/** Node's types do not know that permissions can be given up. */
function dropPermission(scope: string): void {
  const { permission } = process as unknown as { permission: { drop(scope: string): void } }
  permission.drop(scope)
}

/** Answers requests until the process ends. Between them the thread sleeps: nothing of Python's runs. */
async function serve(port: MessagePort, python: Python): Promise<never> {
  reply({ type: 'ready' })
  for (;;) {
    const seen = Atomics.load(numbers, shared.wake)
    const received = receiveMessageOnPort(port) as { message: SandboxRequest } | undefined
    if (!received) {
      Atomics.wait(numbers, shared.wake, seen)
      continue
    }
    const { message } = received
    try {
      reply(await answer(message, python))
    } catch (error) {
      const detail = String(error instanceof Error ? error.message : error).slice(0, 500)
      reply({ type: 'over', reason: 'ended', detail, outputs: python.log.take() })
    }
  }
}

async function answer(request: SandboxRequest, python: Python): Promise<SandboxReply> {
  switch (request.type) {
    case 'write':
      return { type: 'written', ok: write(request, python) }
    case 'imports': {
      const names: unknown = JSON.parse(String(python.runner.importsOf(request.code)))
      return { type: 'imports', names: names as string[] }
    }
    case 'load':
      return { type: 'loaded', problem: await load(request.names, python) }
    case 'run':
      return run(request, python)
    case 'read':
      return { type: 'content', content: read(request, python) }
    default:
      return request satisfies never
  }
}

/** As many as the main thread has passed on. */
let cells = 0

type Run = Extract<SandboxRequest, { type: 'run' }>

async function run({ code, unavailable }: Run, { runner, log }: Python): Promise<SandboxReply> {
  cells += 1
  // A cell that waits executes nothing that could see the signal.
  const cancel = (cell: number) => {
    if (cell !== cells) return
    // The cell waits, or this would not be called: the signal would hit whatever comes next.
    Atomics.store(numbers, shared.signal, 0)
    runner.cancel(cell)
  }
  interrupts.on('message', cancel)
  try {
    await (runner.run.callPromising(code, JSON.stringify(unavailable)) as Promise<PyAwaitable>)
  } catch (error) {
    // Interrupted before the cell began or after it ended; anything else is the end of Python.
    const isFatal = error instanceof Error && 'pyodide_fatal_error' in error
    if (isFatal || !String(error).includes('KeyboardInterrupt')) throw error
    log.print(new TextEncoder().encode('KeyboardInterrupt\n'))
  } finally {
    interrupts.off('message', cancel)
  }
  return { type: 'ran', outputs: log.take() }
}

async function load(names: string[], { pyodide, bounds }: Python): Promise<string | null> {
  let problem: string | null = null
  await bounds.exempt(async () => {
    await pyodide.loadPackage(names, {
      messageCallback: () => {},
      errorCallback: (message) => {
        problem = message.slice(0, 500)
      },
    })
  })
  return problem
}

type Write = Extract<SandboxRequest, { type: 'write' }>

let incoming: Uint8Array | undefined

function write(part: Write, { files, bounds }: Python): boolean {
  const { fileId, filename, bytes, offset, content } = part
  if (offset === 0) {
    if (bytes > bounds.room()) return false
    incoming = new Uint8Array(bytes)
  }
  if (!incoming || offset + content.length > incoming.length) return false
  incoming.set(content, offset)
  if (offset + content.length < bytes) return true
  const path = `${dataFolder}/${fileId}`
  files.mkdirTree(dataFolder)
  files.writeFile(path, incoming, { canOwn: true })
  incoming = undefined
  const named = `${dataFolder}/${filename}`
  if (filename !== '' && !files.analyzePath(named).exists) files.symlink(path, named)
  return true
}

type Read = Extract<SandboxRequest, { type: 'read' }>

function read({ path, maxBytes }: Read, { files }: Python): Uint8Array | null {
  try {
    const { size, mode } = files.stat(path)
    if (!files.isFile(mode) || size > maxBytes) return null
    return files.readFile(path)
  } catch {
    return null
  }
}

if (start.makeSnapshot) await makeSnapshot(start)
else await serve(parent, await startPython(start))
