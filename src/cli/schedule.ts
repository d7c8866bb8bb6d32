import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline/promises'

import { AppError } from '../errors.ts'
import { compare, type ReplaceMode } from '../schedule/import/compare.ts'
import {
  fields,
  type Draft,
  type ImportContext,
  type MappingCorrection,
  type Note,
  type Problem,
} from '../schedule/import/draft.ts'
import { ImportError } from '../schedule/import/import-error.ts'
import { importLimits } from '../schedule/import/limits.ts'
import { readInThread } from '../schedule/import/read-in-thread.ts'
import { openScheduleDatabase } from '../schedule/store/open-database.ts'
import type { Difference, RowsDifference, ScheduleStore } from '../schedule/store/schedule-store.ts'
import { createScheduleStore } from '../schedule/store/sql-schedule-store.ts'
import type { ClassMeeting, Term } from '../schedule/timetable.ts'
import { CommandError, type Terminal } from './terminal.ts'

export interface ScheduleImportOptions {
  file: string
  guild: string
  /** `column=field` each. */
  map: string[]
  term: string | null
  weeks: number
  replace: ReplaceMode
  yes: boolean
}

interface ScheduleDeps {
  dataDir: string
  terminal: Terminal
}

const by = 'guagua'
const mostLines = 50

/** Shows what a file would change, asks, and changes it. Answers whether the file is in the timetable. */
export async function runScheduleImport(
  options: ScheduleImportOptions,
  deps: ScheduleDeps,
): Promise<boolean> {
  const { terminal } = deps
  const bytes = await readBytes(options.file, terminal)
  return await withStore(deps, async (store) => {
    const present = await store.getTimetable(options.guild)
    const timeZone = present?.timeZone ?? Temporal.Now.timeZoneId()
    const term = options.term === null ? null : toTerm(options.term, options.weeks)
    const terms = (present?.terms ?? []).filter(
      (each) => term === null || each.first_date === term.first_date,
    )
    const context: ImportContext = {
      timeZone,
      today: Temporal.Now.plainDateISO(timeZone).toString(),
      terms: terms.length === 0 && term ? [term] : terms,
      holidays: present?.holidays ?? [],
      mapping: toMapping(options.map, terminal),
      periods: {},
    }
    const read = await readDraft(bytes, { context, terminal })
    const isNewTerm = term !== null && terms.length === 0 && read.classes.length > 0
    const draft = { ...read, terms: isNewTerm ? [...read.terms, term] : read.terms }
    printDraft(draft, terminal)
    const proposal = await store.propose({
      guildId: options.guild,
      origin: { by, kind: 'import', note: basename(options.file).slice(0, 500) },
      edits: compare(present, draft, { mode: options.replace, guildId: options.guild }),
      revision: present?.revision ?? 0,
      report: null,
    })
    if (!proposal) {
      terminal.print(terminal.t('cli.schedule.nothing'))
      return draft.problemCount === 0
    }
    printDifference(proposal.difference, terminal)
    const { guildId, id } = proposal
    if (!(options.yes || (await ask(terminal)))) {
      await store.drop(guildId, id)
      terminal.print(terminal.t('cli.schedule.dropped'))
      return false
    }
    await store.apply(guildId, id)
    terminal.print(terminal.t('cli.schedule.applied'))
    return draft.problemCount === 0
  })
}

/** Takes back the newest change. Answers whether there was one. */
export async function runScheduleUndo(guild: string, deps: ScheduleDeps): Promise<boolean> {
  const { t, print } = deps.terminal
  return await withStore(deps, async (store) => {
    const made = await store.undo(guild, by)
    print(made ? t('cli.schedule.undone', made.counts) : t('cli.schedule.nothingToUndo'))
    return made !== null
  })
}

async function withStore<Result>(
  { dataDir }: ScheduleDeps,
  use: (store: ScheduleStore) => Promise<Result>,
): Promise<Result> {
  const db = await openScheduleDatabase(join(dataDir, 'schedules.sqlite'))
  const store = createScheduleStore({ db, now: Date.now, timeZone: Temporal.Now.timeZoneId() })
  try {
    return await use(store)
  } catch (error) {
    // Too many rows, a timetable that somebody else has just changed: its message says what to do.
    if (error instanceof AppError) throw new CommandError(error.message, { cause: error })
    throw error
  } finally {
    await store.close()
  }
}

async function readBytes(file: string, { t }: Terminal): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > importLimits.fileBytes) {
      throw new CommandError(t('scheduleImport.errors.too_large'))
    }
    return await readFile(file)
  } catch (error) {
    if (error instanceof CommandError) throw error
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new CommandError(t('cli.noFile', { file, reason }), { cause: error })
  }
}

async function readDraft(
  bytes: Uint8Array,
  { context, terminal }: { context: ImportContext; terminal: Terminal },
): Promise<Draft> {
  try {
    return await readInThread(bytes, { context })
  } catch (error) {
    if (!(error instanceof ImportError)) throw error
    const message = terminal.t(`scheduleImport.errors.${error.reason}`)
    throw new CommandError(message, { cause: error })
  }
}

function toTerm(firstDate: string, weeks: number): Term {
  return { name: firstDate, first_date: firstDate, weeks }
}

function toMapping(map: readonly string[], { t }: Terminal): MappingCorrection {
  const entries = map.map((text) => {
    const at = text.lastIndexOf('=')
    const name = text.slice(at + 1)
    const field = name === '-' ? null : fields.find((each) => each === name)
    if (at < 1 || field === undefined) {
      throw new CommandError(t('cli.invalidValue', { name: `--map ${text}` }))
    }
    return [text.slice(0, at), field] as const
  })
  return Object.fromEntries(entries)
}

/** The texts of a file may hold what moves a terminal's cursor. */
function safe(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}

function printDraft(draft: Draft, { t, print }: Terminal): void {
  if (draft.mapping.length > 0) {
    const columns = draft.mapping.map(({ column, field, confidence }) => {
      const isSure = field === null || confidence >= 0.8
      return `${safe(column)} → ${field ?? t('cli.schedule.leftOut')}${isSure ? '' : ' ?'}`
    })
    print(`${t('cli.schedule.columns')}:\n  ${columns.join('\n  ')}`)
  }
  const problems = draft.problems.map((each) =>
    placeText(each, t(`scheduleImport.problems.${each.reason}`), t),
  )
  if (problems.length > 0) {
    print(t('cli.schedule.problems', { count: draft.problemCount }))
    printLines(problems, { t, print }, draft.problemCount)
  }
  const notes = draft.notes.map((each) =>
    placeText(each, t(`scheduleImport.notes.${each.reason}`), t),
  )
  if (notes.length > 0) {
    print(t('cli.schedule.notes'))
    printLines(notes, { t, print }, notes.length)
  }
}

function placeText(place: Problem | Note, reason: string, t: Terminal['t']): string {
  const { line, sheet, column, value } = place
  const where = [
    sheet === undefined ? '' : t('scheduleImport.sheet', { sheet }),
    line === 0 ? t('scheduleImport.inFile') : t('scheduleImport.line', { line }),
    column === undefined ? '' : t('scheduleImport.columnOf', { column }),
  ]
  const said = value === undefined || value === '' ? '' : ` (${value})`
  return safe(`${where.filter((part) => part !== '').join(', ')}: ${reason}${said}`)
}

function printLines(
  lines: readonly string[],
  { t, print }: Pick<Terminal, 't' | 'print'>,
  count: number,
): void {
  for (const line of lines.slice(0, mostLines)) print(`  ${line}`)
  const more = count - Math.min(lines.length, mostLines)
  if (more > 0) print(`  ${t('cli.schedule.more', { count: more })}`)
}

function printDifference(difference: Difference, terminal: Terminal): void {
  const { classes, assignments, holidays, terms } = difference
  const lines = [
    ...rowLines(terms, ({ name, first_date: first }) => `${name} ${first}`),
    ...rowLines(holidays, (each) => `${each.name} ${each.first_date} – ${each.last_date}`),
    ...rowLines(classes, classText),
    ...rowLines(
      assignments,
      (each) => `${each.due_date} ${each.due_time.slice(0, 5)} ${each.title}`,
    ),
  ]
  printLines(lines.map(safe), terminal, lines.length)
  const sum = (of: (rows: RowsDifference<unknown>) => unknown[]) =>
    [classes, assignments, holidays, terms].reduce((total, rows) => total + of(rows).length, 0)
  const counts = {
    added: sum(({ added }) => added),
    changed: sum(({ changed }) => changed),
    removed: sum(({ removed }) => removed),
  }
  terminal.print(terminal.t('cli.schedule.counts', counts))
}

function classText(meeting: ClassMeeting): string {
  const { course_date: date, start_time: start, end_time: end } = meeting
  const rest = [meeting.course_name, meeting.instructor, meeting.room ?? '']
  return `${date} ${start.slice(0, 5)}-${end.slice(0, 5)} ${rest.filter((part) => part !== '').join(' · ')}`
}

function rowLines<Row>(
  { added, changed, removed }: RowsDifference<Row>,
  toText: (row: Row) => string,
): string[] {
  return [
    ...removed.map((row) => `- ${toText(row)}`),
    ...changed.map(({ before, after }) => `~ ${toText(before)} → ${toText(after)}`),
    ...added.map((row) => `+ ${toText(row)}`),
  ]
}

async function ask({ t }: Terminal): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CommandError(t('cli.schedule.needYes'))
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(t('cli.schedule.ask'))
    return /^(?:y|yes|是|好)$/iu.test(answer.trim())
  } finally {
    lines.close()
  }
}
