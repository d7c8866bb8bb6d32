/**
 * `npm run eval`: asks the questions of `questions.ts` about a fixed timetable at a fixed moment, the
 * way the bot asks its model, and compares what was looked up with what should have been. The model is
 * the one of `OPENAI_*` and `ENDPOINTS_FILE`, or without them the demo.
 *
 *   npm run eval -- --only follow_ups     questions whose id or kind holds these words
 *   npm run eval -- --concurrency 8       so many at the same time; default 4
 *   npm run eval -- --json FILE           everything, for programs
 *   npm run eval -- --min 0.95            fails below that share
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { ConfigError, parseConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { measure, scoreOf, shareOf } from './measure.ts'
import { chooseModels } from './models.ts'
import { questions } from './questions.ts'
import { toJson, toText } from './report.ts'
import { openStage } from './stage.ts'

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    concurrency: { type: 'string', default: '4' },
    json: { type: 'string' },
    min: { type: 'string', default: '0' },
  },
})
const concurrency = Number(flags.concurrency)
const min = Number(flags.min)
const chosen = questions.filter(({ id }) => id.includes(flags.only))
if (!Number.isInteger(concurrency) || concurrency < 1) fail('--concurrency: expected 1 or more')
if (!(min >= 0 && min <= 1)) fail('--min: expected a share from 0 to 1')
if (chosen.length === 0) fail(`--only: no question has ${JSON.stringify(flags.only)} in its id`)

const log = createLogger({ level: process.env['LOG_LEVEL'] ?? 'error', pretty: true })
const { models, model } = chooseModels(readConfig(), log)
const stage = await openStage({ models, model, log })
let done = 0
const outcomes = await measure({
  stage,
  questions: chosen,
  concurrency,
  onOutcome() {
    done += 1
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${chosen.length} `)
  },
})
const spent = stage.spent()
await stage.close()
process.stdout.write(`\n${toText(outcomes, spent)}\nmodel: ${model}\n`)
if (flags.json !== undefined) {
  writeFileSync(flags.json, `${JSON.stringify({ model, ...toJson(outcomes, spent) }, null, 2)}\n`)
}
if (shareOf(scoreOf(outcomes)) < min) process.exitCode = 1

function readConfig() {
  try {
    return parseConfig(process.env, { localDiscord: false }).model
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return fail(error.message)
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
