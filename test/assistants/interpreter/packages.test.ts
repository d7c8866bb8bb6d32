import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { strToU8, zipSync } from 'fflate'

import { createPackages } from '../../../src/assistants/interpreter/packages.ts'
import { createLogger } from '../../../src/log.ts'
import { openInterpreter } from './rig.ts'

const { signal } = new AbortController()
const log = createLogger({ level: 'silent', pretty: false })
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** What code calls of matplotlib to make figures, as a stand-in that draws nothing. */
const pyplot = `import base64
from matplotlib.figure import Figure
_figures = {}
def figure(number=None):
    number = number or len(_figures) + 1
    return _figures.setdefault(number, Figure())
def plot(*values):
    return figure(max(_figures, default=1))
def get_fignums():
    return list(_figures)
def savefig(fname):
    figure(max(_figures)).savefig(fname)
def close(which=None):
    _figures.clear()
def show():
    raise RuntimeError("nobody sees this")
`
const figure = `import base64
class Figure:
    def savefig(self, fname, **options):
        content = base64.b64decode("${png}")
        fname.write(content) if hasattr(fname, "write") else open(fname, "wb").write(content)
`

interface Wheel {
  name: string
  files: Record<string, string>
  depends?: string[]
}

const wheels: Wheel[] = [
  { name: 'greeting', files: { 'greeting.py': 'from words import word' }, depends: ['words'] },
  { name: 'lost', files: { 'lost.py': '' } },
  { name: 'words', files: { 'words.py': 'word = "你好"' } },
  {
    name: 'matplotlib',
    files: {
      'matplotlib/__init__.py': '',
      'matplotlib/pyplot.py': pyplot,
      'matplotlib/figure.py': figure,
    },
  },
]

function toWheel({ name, files }: Wheel): Uint8Array {
  const info = `${name}-1.0.dist-info`
  const all = {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: '',
  }
  return zipSync(
    Object.fromEntries(Object.entries(all).map(([path, text]) => [path, strToU8(text)])),
  )
}

/** A folder laid out as Pyodide's distribution. */
function makeDistribution(t: { after(end: () => void): void }): {
  folder: string
  requests: string[]
  url: Promise<string>
} {
  const folder = mkdtempSync(join(tmpdir(), 'guagua-wheels-'))
  const packages: Record<string, object> = {}
  const contents = new Map<string, Uint8Array>()
  for (const wheel of wheels) {
    const content = toWheel(wheel)
    const fileName = `${wheel.name}-1.0-py3-none-any.whl`
    contents.set(fileName, content)
    writeFileSync(join(folder, fileName), content)
    packages[wheel.name] = {
      name: wheel.name,
      version: '1.0',
      file_name: fileName,
      install_dir: 'site',
      sha256: createHash('sha256').update(content).digest('hex'),
      package_type: 'package',
      imports: [wheel.name],
      depends: wheel.depends ?? [],
      unvendored_tests: false,
    }
  }
  const info = {
    abi_version: '2026_0',
    arch: 'wasm32',
    platform: 'emscripten_5_0_3',
    python: '3.14.2',
  }
  writeFileSync(join(folder, 'pyodide-lock.json'), JSON.stringify({ info, packages }))
  const requests: string[] = []
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1)
    requests.push(name)
    const content = contents.get(name)
    response.writeHead(content ? 200 : 404).end(content)
  })
  t.after(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const url = new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    )
  })
  return { folder, requests, url }
}

describe('packages of the code interpreter', () => {
  const { folder } = makeDistribution({ after })
  // One that is in the lock file only.
  rmSync(join(folder, 'lost-1.0-py3-none-any.whl'))
  const { run, outputs } = openInterpreter({ after }, { source: { type: 'folder', folder } })

  it('are loaded when code imports them, with what they need', async () => {
    assert.equal(await run('import greeting\ngreeting.word'), "'你好'\n")
    assert.equal(await run('1', { session: 'thread_2' }), '1\n')
    assert.equal(await run('from words import word\nword', { session: 'thread_2' }), "'你好'\n")
    assert.match(await run('import nosuchthing'), /nosuchthing is not available here/)
  })

  it('show figures once: with show(), left open, or saved as a file', async () => {
    const shown = await outputs(
      'import matplotlib.pyplot as plt\nprint("a")\nplt.plot([1])\nplt.show()\nprint("b")',
    )
    assert.deepEqual(
      shown.map((output) => (output.type === 'logs' ? output.logs : output.filename)),
      ['a\n', 'figure-1.png', 'b\n'],
    )
    const image = shown[1]
    assert.ok(image?.type === 'image')
    assert.equal(Buffer.from(image.content).toString('base64'), png)
    assert.equal(await run('plt.plot([1]); None'), `<figure-2.png: 70>\n`)
    assert.equal(await run('plt.plot([1]); plt.savefig("plot.png")'), '<plot.png: 70>\n')
    assert.equal(await run('1'), '1\n')
  })

  it('are said to be missing where there are none', async () => {
    const logs = await run('import lost')
    assert.match(
      logs,
      /ModuleNotFoundError[^]*lost is not available here: the server could not get the package/,
    )
  })

  it('come from an address, and then from the folder in which they are kept', async (t) => {
    const { folder, requests, url } = makeDistribution(t)
    const cacheFolder = mkdtempSync(join(tmpdir(), 'guagua-cache-'))
    t.after(() => rmSync(cacheFolder, { recursive: true }))
    const source = { type: 'address' as const, url: await url, cacheFolder, lockFolder: folder }
    const first = openInterpreter(t, { source })
    assert.equal(await first.run('import greeting\ngreeting.word'), "'你好'\n")
    const later = createPackages({ source, fetch, log, now: Date.now })
    const { load } = await later.provide(['greeting'], { signal })
    assert.deepEqual(load, ['greeting'])
    assert.deepEqual(requests.toSorted(), [
      'greeting-1.0-py3-none-any.whl',
      'words-1.0-py3-none-any.whl',
    ])
  })

  it('are not taken from an address unless they are what the lock file says', async (t) => {
    const { requests, url } = makeDistribution(t)
    const cacheFolder = mkdtempSync(join(tmpdir(), 'guagua-cache-'))
    t.after(() => rmSync(cacheFolder, { recursive: true }))
    const source = { type: 'address' as const, url: await url, cacheFolder }
    // The lock file is the package's own: its hash of `affine` is not that of what the server has.
    const open = () => createPackages({ source, fetch, log, now: Date.now })
    const packages = open()
    const provided = await packages.provide(['affine'], { signal })
    assert.deepEqual(provided.load, [])
    assert.match(provided.unavailable.affine ?? '', /could not get/)
    assert.deepEqual(readdirSync(cacheFolder), [])
    // Not asked again at once.
    await packages.provide(['affine'], { signal })
    assert.equal(requests.length, 1)
  })
})
