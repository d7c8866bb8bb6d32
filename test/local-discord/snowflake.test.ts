import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  compareSnowflakes,
  createSnowflakes,
  derivedSnowflake,
  snowflakeTime,
} from '../../src/local-discord/snowflake.ts'

describe('snowflakes', () => {
  it('rise strictly when the clock stands still or goes back, and carry their time', () => {
    let now = Date.UTC(2026, 0, 1)
    const next = createSnowflakes({ now: () => now })
    const ids = Array.from({ length: 5000 }, () => next())
    assert.equal(snowflakeTime(ids[0] ?? ''), now)
    now -= 1000
    ids.push(next())
    assert.deepEqual(ids.toSorted(compareSnowflakes), ids)
    assert.equal(new Set(ids).size, ids.length)
  })

  it('are the same for the same parts', () => {
    assert.equal(derivedSnowflake('dm', '1', '2'), derivedSnowflake('dm', '1', '2'))
    assert.notEqual(derivedSnowflake('dm', '1', '2'), derivedSnowflake('dm', '12'))
  })
})
