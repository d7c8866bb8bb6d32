import { once } from 'node:events'
import { performance } from 'node:perf_hooks'

import { openInterpreter } from '../../../src/assistants/interpreter/open-interpreter.ts'
import { createLogger } from '../../../src/log.ts'
import { startTimer } from '../../../src/timer.ts'
import { median } from '../statistics.ts'
import type { Measured } from './figures.ts'

const log = createLogger({ level: 'warn', pretty: false })
const { signal } = new AbortController()
const threads = 5

/** How long `1+1` takes: at the very first call, in a new thread with a spare Python, in a warm one. */
export async function measurePython(
  dataDir: string,
  sizes: { samples: number },
): Promise<Measured[]> {
  const deps = { dataDir, fetch, startTimer, now: Date.now, log }
  const interpreter = openInterpreter({ sessions: 2, packages: 'none' }, deps)
  async function timed(sessionId: string): Promise<number> {
    const startedAtMs = performance.now()
    await interpreter.run({ sessionId, code: '1+1', files: [] }, { signal })
    return performance.now() - startedAtMs
  }
  try {
    const cold = await timed('thread_0')
    const fresh: number[] = []
    for (let thread = 1; thread <= threads; thread += 1) {
      // Time for the spare one to start: that is what is measured without.
      await once(AbortSignal.timeout(3_000), 'abort')
      fresh.push(await timed(`thread_${thread}`))
    }
    const warm: number[] = []
    for (let sample = 0; sample < sizes.samples; sample += 1) {
      warm.push(await timed(`thread_${threads}`))
    }
    return [
      { id: 'python_first_ms', title: 'Python: the very first call', unit: 'ms', value: cold },
      {
        id: 'python_new_ms',
        title: 'Python: 1+1 in a new thread',
        unit: 'ms',
        value: median(fresh),
      },
      {
        id: 'python_warm_ms',
        title: 'Python: 1+1 in a warm thread',
        unit: 'ms',
        value: median(warm),
      },
    ]
  } finally {
    await interpreter.close()
  }
}
