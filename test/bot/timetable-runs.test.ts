import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { z } from 'zod'

import { seedGuild } from '../../src/local-discord/seed.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

const requestSchema = z.object({
  tools: z.array(z.object({ function: z.object({ name: z.string(), parameters: z.unknown() }) })),
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
})

/** A Wednesday evening, and as a bot sees it that is there for good. */
const now = Date.parse('2026-10-07T12:00:00Z')
const clock = {
  now: () => now,
  after: (ms: number, action: () => void) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}

const guildId = seedGuild.id

describe('a run of a guild with a timetable of its own', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench({ now: () => now, bot: { clock } })
  })
  after(() => bench.close())

  /** What the model was told: the instructions, and of the function. */
  async function told(text: string, query = 'SELECT * FROM Courses ORDER BY id') {
    const first = bench.model.requests.length
    const call = { name: 'ask_database', arguments: JSON.stringify({ query }) }
    bench.model.script({ toolCalls: [call] }, 'Done.')
    await bench.ask(text, { until: /Done/, channelId: bench.newChannel() })
    const { tools, messages } = requestSchema.parse(bench.model.requests[first]?.body)
    const answered = requestSchema.parse(bench.model.requests[first + 1]?.body)
    return {
      system: JSON.stringify(messages[0]),
      tools: JSON.stringify(tools),
      output: String(answered.messages.at(-1)?.content),
    }
  }

  it('is told the sample before, the timetable after, and the sample once it is taken back', async () => {
    const sample = await told('what is on?')
    assert.match(sample.tools, /This is a sample timetable/)
    assert.match(sample.output, /LangChain/)
    assert.match(sample.system, /Now: 2026-10-07 20:00, Wednesday, time zone Asia\/Shanghai\./)
    assert.doesNotMatch(sample.system, /Term week: /)

    const origin = { by: '1', kind: 'edit', note: null } as const
    await bench.timetables.change({
      guildId,
      origin,
      edits: {
        timeZone: 'America/New_York',
        terms: { add: [{ name: 'Fall', first_date: '2026-09-02', weeks: 15 }] },
        classes: {
          add: [
            {
              course_date: '2026-10-08',
              start_time: '09:00:00',
              end_time: '10:00:00',
              course_name: "Robert'); DROP TABLE Courses;--",
              instructor: '',
              room: 'B2',
              online_url: 'https://example.com/b2',
              notes: null,
              source_id: null,
            },
          ],
        },
      },
    })
    const own = await told('and now?')
    assert.match(own.tools, /Courses holds 1 classes from 2026-10-08 to 2026-10-08/)
    assert.match(own.tools, /all local time in America\/New_York/)
    assert.doesNotMatch(own.tools, /sample/)
    assert.match(own.system, /Now: 2026-10-07 08:00, Wednesday, time zone America\/New_York\./)
    assert.match(own.system, /Term week: 6 \(an even week, 双周\) of/)
    assert.deepEqual(JSON.parse(own.output), {
      columns: [
        'id',
        'course_date',
        'start_time',
        'end_time',
        'course_name',
        'instructor',
        'room',
        'online_url',
        'notes',
        'week',
        'term',
        'holiday',
      ],
      rows: [
        [
          2,
          '2026-10-08',
          '09:00:00',
          '10:00:00',
          "Robert'); DROP TABLE Courses;--",
          '',
          'B2',
          'https://example.com/b2',
          null,
          6,
          'Fall',
          null,
        ],
      ],
    })

    await bench.timetables.undo(guildId, '1')
    const again = await told('and now?')
    assert.deepEqual(again, sample)
  })

  it("keeps the tools of somebody else's assistant", async () => {
    const assistant = await bench.openai.beta.assistants.create({
      model: 'scripted',
      tools: [{ type: 'function', function: { name: 'ask_database' } }],
    })
    await bench.restart({ clock, assistantId: assistant.id })
    await bench.timetables.change({
      guildId,
      origin: { by: '1', kind: 'edit', note: null },
      edits: { terms: { add: [{ name: 'Fall', first_date: '2026-09-02', weeks: 15 }] } },
    })
    const first = bench.model.requests.length
    bench.model.script('Fine.')
    await bench.ask('hello?', { until: /Fine/ })
    const { tools, messages } = requestSchema
      .extend({ tools: z.array(z.unknown()) })
      .parse(bench.model.requests[first]?.body)
    assert.doesNotMatch(JSON.stringify(tools), /Courses/)
    assert.match(JSON.stringify(messages[0]), /Term week: 6/)
  })

  it('answers all the same when the timetables cannot be read', async () => {
    await bench.timetables.close()
    bench.model.script('Still here.')
    await bench.ask('hello?', { until: /Still here/ })
    await bench.waitForLog('the schedule cannot be read')
  })
})
