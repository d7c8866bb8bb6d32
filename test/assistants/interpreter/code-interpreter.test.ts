import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, describe, it } from 'node:test'

import { defaultLimits } from '../../../src/assistants/interpreter/limits.ts'
import { openInterpreter, textFile } from './rig.ts'

const callMs = 60_000
const graceMs = 1_000
const idleMs = 3_600_000
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

describe('the code interpreter', () => {
  const { run, outputs, interpreter } = openInterpreter({ after })

  it('answers as a notebook: prints, the last value, tracebacks, await', async () => {
    assert.equal(await run('1 + 1'), '2\n')
    assert.equal(await run('x = 41'), '')
    assert.equal(await run('x + 1'), '42\n')
    assert.equal(await run('None'), '')
    assert.equal(await run('5;'), '')
    const both = 'import sys\nprint("a")\nprint("b", file=sys.stderr)\nprint("c")\n"瓜瓜"'
    assert.equal(await run(both), "a\nb\nc\n'瓜瓜'\n")
    assert.equal(await run('import asyncio\nawait asyncio.sleep(0)\n7'), '7\n')
    assert.equal(await run('asyncio.run(asyncio.sleep(0, 8))'), '8\n')
    assert.equal(
      await run('def half(n):\n    return n / 0\nhalf(1)'),
      `Traceback (most recent call last):
  File "<cell 9>", line 3, in <module>
    half(1)
    ~~~~^^^
  File "<cell 9>", line 2, in half
    return n / 0
           ~~^~~
ZeroDivisionError: division by zero
`,
    )
    assert.match(await run('def f(:'), /^ {2}File "<cell 10>", line 1[^]*SyntaxError/)
    assert.match(await run('input("name? ")'), /RuntimeError: input\(\) is not available here/)
    assert.match(await run('import sys; sys.exit(3)'), /^SystemExit: 3\n$/)
    assert.equal(await run('x'), '41\n')
  })

  it('bounds what a cell prints and keeps its end', async () => {
    const logs = await run('for i in range(200_000): print(i)\n1 / 0')
    assert.ok(logs.length < defaultLimits.logBytes + 1_000)
    assert.match(logs, /^0\n1\n2\n/)
    assert.match(logs, /bytes of output left out/)
    assert.match(logs, /199999\nTraceback[^]*ZeroDivisionError: division by zero\n$/)
    assert.match(await run('"y" * 1_000_000'), /characters left out/)
  })

  it('brings files in once, under their id and their name', async () => {
    let reads = 0
    const grades = textFile('file-1', '成绩 2026.csv', 'name,grade\n王卓然,90\n')
    const counted = { ...grades, read: () => ((reads += 1), grades.read()) }
    const files = [
      counted,
      textFile('file-2', '../../etc/passwd', 'x'),
      textFile('file-3', 'passwd', 'y'),
    ]
    const list = 'import os\nsorted(os.listdir("/mnt/data"))'
    assert.equal(
      await run(list, { files, session: 'thread_3' }),
      "['file-1', 'file-2', 'file-3', 'passwd', '成绩 2026.csv']\n",
    )
    assert.equal(
      await run('open("成绩 2026.csv").read()', { files, session: 'thread_3' }),
      "'name,grade\\n王卓然,90\\n'\n",
    )
    assert.equal(
      await run('open("/mnt/data/passwd").read()', { files, session: 'thread_3' }),
      "'x'\n",
    )
    assert.equal(reads, 1)
  })

  it('gives pictures that the code wrote, once, and other files when asked', async () => {
    const write = `import base64
content = base64.b64decode("${png}")
print("before")
open("plot.png", "wb").write(content)
open("data.csv", "w").write("a,b")
None`
    const [logs, image] = await outputs(write)
    assert.deepEqual(logs, { type: 'logs', logs: 'before\n' })
    assert.ok(image?.type === 'image')
    assert.equal(image.filename, 'plot.png')
    assert.equal(Buffer.from(image.content).toString('base64'), png)
    assert.equal(await run('1'), '1\n')
    const file = await interpreter.readFile('thread_1', '/mnt/data/data.csv')
    assert.equal(Buffer.from(file ?? []).toString(), 'a,b')
    assert.equal(await interpreter.readFile('thread_1', '/mnt/data/none'), undefined)
    assert.equal(await interpreter.readFile('thread_1', '/mnt/data'), undefined)
    assert.equal(await interpreter.readFile('thread_2', '/mnt/data/data.csv'), undefined)
  })

  it('keeps sessions apart', async () => {
    await run('secret = 7; open("secret.txt", "w").write("7")', { session: 'thread_1' })
    const logs = await run('import os\nprint(os.listdir())\nsecret', { session: 'thread_2' })
    assert.match(logs, /^\[\][^]*NameError/)
  })

  it('does not give two sessions the same random numbers', async () => {
    const code = 'import random, uuid; random.random(), uuid.uuid4()'
    assert.notEqual(
      await run(code, { session: 'thread_1' }),
      await run(code, { session: 'thread_2' }),
    )
  })

  it('is in no one’s way between cells: tasks that are left over do not run', async () => {
    const leave = `import asyncio
n = 0
async def count():
    global n
    while True:
        n += 1
        await asyncio.sleep(0)
asyncio.create_task(count())
None`
    assert.equal(await run(leave), '')
    await run('await asyncio.sleep(0)')
    const before = await run('n')
    assert.equal(await run('n'), before)
  })
})

describe('bounds of the code interpreter', () => {
  // Small, so that they are reached soon.
  const limits = {
    ...defaultLimits,
    memoryBytes: 128 * 2 ** 20,
    fileBytes: 2_000_000,
    processBytes: 420 * 2 ** 20,
    pictures: 2,
    pictureBytes: 100_000,
    allPictureBytes: 150_000,
  }
  const { run } = openInterpreter({ after }, { limits })

  it('say which file was left out because there is no room', async () => {
    const files = [
      textFile('file-1', 'a.txt', 'a'.repeat(1_800_000)),
      textFile('file-2', 'b.txt', 'b'.repeat(1_800_000)),
    ]
    const logs = await run('import os\nos.listdir()', { files, session: 'thread_2' })
    assert.match(logs, /b\.txt \(file-2\) is not there: the files of a session may hold 2 MB/)
    assert.match(logs, /\['file-1', 'a\.txt'\]/)
  })

  it('hold pictures', async () => {
    const write = 'for i in range(4): open(f"{i}.png", "wb").write(b"x")'
    const logs = await run(write)
    assert.match(logs, /^<0\.png: 1>\n<1\.png: 1>\n\[2 more pictures are not shown/)
    const large = 'open("l.png", "wb").write(bytes(200_000))\nNone'
    assert.match(await run(large), /^\[1 more pictures are not shown/)
    const both = 'for i in range(2): open(f"{i}.png", "wb").write(bytes(80_000))'
    assert.match(await run(both), /^<0\.png: 80000>\n\[1 more pictures are not shown/)
  })

  it('hold memory, files and names', async () => {
    await run('x = 5')
    assert.match(await run('big = bytearray(2_000_000_000)'), /MemoryError/)
    assert.match(await run('s = "x"\nwhile True: s += s'), /MemoryError/)
    const fill = 'i = 0\nwhile True:\n    open(f"f{i}", "wb").write(bytes(200_000)); i += 1'
    assert.match(await run(fill), /OSError: \[Errno \d+\] No space left on device/)
    assert.equal(await run('import glob, os\n[os.unlink(f) for f in glob.glob("f*")]\nx'), '5\n')
    assert.equal(await run('open("again", "wb").write(bytes(500_000))'), '500000\n')
    assert.match(await run('def f(): return f()\nf()'), /RecursionError/)
    assert.equal(await run('x'), '5\n')
    await run('y = 6', { session: 'thread_2' })
    const names = 'import os\nfor i in range(10**9): os.mkdir(f"/tmp/{i:0200}")'
    assert.match(await run(names), /took more than the 128 MB[^]*are gone/)
    assert.match(await run('x'), /NameError/)
    assert.equal(await run('y', { session: 'thread_2' }), '6\n')
  })
})

describe('sessions of the code interpreter', () => {
  const { run, timers, interpreter } = openInterpreter({ after }, { maxSessions: 2 })

  it('stops an endless loop and keeps the variables', async () => {
    await run('x = 5')
    const endless = run('while True: pass')
    await timers.running(callMs)
    timers.fire(callMs)
    const logs = await endless
    assert.match(logs, /KeyboardInterrupt/)
    assert.match(logs, /\[Stopped after 60 s\. Variables and files are still there\.\]\n$/)
    assert.equal(await run('x'), '5\n')
  })

  it('stops a cell that waits', async () => {
    await run('x = 5; import asyncio')
    const waiting = run('await asyncio.sleep(1000)')
    await timers.running(callMs)
    timers.fire(callMs)
    assert.match(await waiting, /still there/)
    assert.equal(await run('x'), '5\n')
  })

  it('ends Python that does not stop, and says what is gone', async () => {
    await run('x = 5')
    await run('y = 6', { session: 'thread_2' })
    const deaf = `while True:
    try:
        while True: pass
    except BaseException: pass`
    for (const code of [
      deaf,
      'import collections, itertools\ncollections.deque(itertools.count(), 0)',
    ]) {
      const endless = run(code)
      await timers.running(callMs)
      timers.fire(callMs)
      await timers.running(graceMs)
      timers.fire(graceMs)
      assert.match(
        await endless,
        /\[Stopped after 60 s\. The variables and files of this session are gone\.\]/,
      )
      assert.match(await run('x'), /NameError/)
    }
    assert.equal(await run('y', { session: 'thread_2' }), '6\n')
  })

  it('ends a cell that nobody waits for any more', async () => {
    await run('x = 5')
    const controller = new AbortController()
    const endless = run('while True: pass', { signal: controller.signal })
    await timers.running(callMs)
    controller.abort(new Error('nobody waits'))
    await assert.rejects(endless, /nobody waits/)
    assert.equal(await run('x'), '5\n')
  })

  it('starts Python again after code ended it', async () => {
    await run('x = 5')
    assert.match(await run('import os; os._exit(7)'), /Python ended \([^)]*exit\(7\)\)?.*are gone/)
    assert.match(await run('x'), /NameError/)
    assert.equal(await run('import shutil\nshutil.rmtree("/mnt/data", True)\n1'), '1\n')
    assert.equal(await run('open("/mnt/data/a", "w").write("1")'), '1\n')
  })

  it('lets the least recently used session make room, and tells it', async () => {
    await run('x = 1', { session: 'thread_1' })
    await run('x = 2', { session: 'thread_2' })
    assert.equal(await run('x', { session: 'thread_1' }), '1\n')
    await run('x = 3', { session: 'thread_3' })
    assert.equal(await run('x', { session: 'thread_1' }), '1\n')
    assert.match(
      await run('x', { session: 'thread_2' }),
      /\[The session was over: its variables and files are gone\.\]\n[^]*NameError/,
    )
  })

  it('lets a new session wait while all are busy', async () => {
    const endless = 'while True: pass'
    const busy = [run(endless), run(endless, { session: 'thread_2' })]
    await timers.running(callMs, 2)
    const waiting = run('3', { session: 'thread_5' })
    const controller = new AbortController()
    const givenUp = run('4', { session: 'thread_4', signal: controller.signal })
    controller.abort(new Error('given up'))
    await assert.rejects(givenUp, /given up/)
    timers.fire(callMs)
    for (const logs of await Promise.all(busy)) assert.match(logs, /still there/)
    assert.equal(await waiting, '3\n')
  })

  it('ends a session that nobody used for an hour', async () => {
    await run('x = 1')
    timers.fire(idleMs)
    assert.match(await run('x'), /session was over[^]*NameError/)
  })

  it('forgets a session that is ended', async () => {
    await run('x = 1')
    await interpreter.end('thread_1')
    assert.doesNotMatch(await run('x'), /session was over/)
  })

  it('leaves no process behind', { skip: process.platform !== 'linux' }, async () => {
    await run('1')
    await run('1', { session: 'thread_2' })
    const children = () => {
      const list = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'args='], {
        encoding: 'utf8',
      })
      return list.split('\n').filter((line) => line.includes('sandbox')).length
    }
    assert.ok(children() >= 2)
    await interpreter.close()
    assert.equal(children(), 0)
    await assert.rejects(run('1'), /closed/)
  })
})
