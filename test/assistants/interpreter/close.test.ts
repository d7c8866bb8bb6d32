import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { openInterpreter } from './rig.ts'

/** The processes in which Python is, or starts. */
function children(): number[] {
  const flags = ['--ppid', String(process.pid), '-o', 'pid=,args=']
  const lines = execFileSync('ps', flags, { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => line.includes('sandbox')).map((line) => Number.parseInt(line, 10))
}

describe('the end of the code interpreter', { skip: process.platform !== 'linux' }, () => {
  for (const hasSnapshot of [true, false]) {
    const what = hasSnapshot ? 'Python that starts' : 'the snapshot that is made'
    it(`does not wait for ${what}`, async (t) => {
      const folder = hasSnapshot ? undefined : mkdtempSync(join(tmpdir(), 'guagua-python-'))
      t.after(() => folder && rmSync(folder, { recursive: true, force: true }))
      if (hasSnapshot) {
        const { interpreter, run } = openInterpreter(t)
        await run('1')
        await interpreter.close()
      }
      const { interpreter } = openInterpreter(t, folder ? { snapshotFolder: folder } : {})
      interpreter.prepare?.()
      let started: number[] = []
      while (started.length === 0) {
        await setImmediate()
        started = children()
      }
      // From here none of them gets any further.
      for (const pid of started) process.kill(pid, 'SIGSTOP')
      await interpreter.close()
      assert.deepEqual(children(), [])
    })
  }
})
