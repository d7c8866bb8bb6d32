import { mkdirSync } from 'node:fs'

import { Command, InvalidArgumentError, Option } from 'commander'

import { defaultProject } from '../assistants/store/store.ts'
import { projectName, type Config } from '../config.ts'
import type { Translate } from '../i18n.ts'
import type { Logger } from '../log.ts'
import { replaceModes, type ReplaceMode } from '../schedule/import/compare.ts'
import { fields } from '../schedule/import/draft.ts'
import type { ImportOptions } from './import.ts'
import { openForCommand } from './open-store.ts'
import type { ScheduleImportOptions } from './schedule.ts'
import type { Terminal } from './terminal.ts'
import { usageAxes, type UsageAxis, type UsageOptions } from './usage-axes.ts'

export interface ProgramDeps {
  /** Throws `ConfigError`; asked only when a command needs it. */
  readConfig: () => Config
  terminal: Terminal
  log: Logger
}

/** Whether everything that was asked for has been done. */
export type Outcome = 'done' | 'incomplete'

/**
 * The `guagua` command. Help goes to the terminal; errors, commander's own among them, are thrown and
 * not shown.
 */
export function createProgram(deps: ProgramDeps, onOutcome: (outcome: Outcome) => void): Command {
  const { t } = deps.terminal
  return createCommand('guagua', t)
    .description(t('cli.description'))
    .helpCommand(false)
    .addCommand(createImportCommand(deps, onOutcome))
    .addCommand(createScheduleCommand(deps, onOutcome))
    .addCommand(createUsageCommand(deps))
}

function createCommand(name: string, t: Translate): Command {
  const titles: Record<string, string> = {
    'Usage:': t('cli.title.usage'),
    'Arguments:': t('cli.title.arguments'),
    'Options:': t('cli.title.options'),
    'Commands:': t('cli.title.commands'),
  }
  return new Command(name)
    .helpOption('-h, --help', t('cli.help'))
    .configureHelp({
      styleTitle: (title) => titles[title] ?? title,
      optionDescription({ description, defaultValue }) {
        if (defaultValue === undefined) return description
        return `${description} (${t('cli.default', { value: String(defaultValue) })})`
      },
    })
    .exitOverride()
    .configureOutput({ outputError: () => {} })
}

function createImportCommand(deps: ProgramDeps, onOutcome: (outcome: Outcome) => void): Command {
  const { t } = deps.terminal
  return createCommand('import', t)
    .description(t('cli.import.description'))
    .argument('<file...>', t('cli.import.files'))
    .option('--project <project>', t('cli.import.project'), toProject, defaultProject)
    .option('--dry-run', t('cli.import.dryRun'))
    .option('--restore', t('cli.import.restore'))
    .option('--verbose', t('cli.import.verbose'))
    .action(async (files: string[], options: GivenImportOptions) => {
      const { project, dryRun = false, restore = false, verbose = false } = options
      onOutcome(await importFiles({ files, project, dryRun, restore, verbose }, deps))
    })
}

type GivenImportOptions = Pick<ImportOptions, 'project'> & Partial<ImportOptions>

async function importFiles(
  options: ImportOptions,
  { readConfig, terminal, log }: ProgramDeps,
): Promise<Outcome> {
  const { database, dataDir } = readConfig()
  const { runImport } = await import('./import.ts')
  mkdirSync(dataDir, { recursive: true })
  // Where SQLite keeps what was read until it is written; the system's folder may be in memory.
  process.env['SQLITE_TMPDIR'] ??= dataDir
  const store = await openForCommand(database, log)
  try {
    return (await runImport(options, { store, terminal })) ? 'done' : 'incomplete'
  } finally {
    await store.close()
  }
}

function createScheduleCommand(deps: ProgramDeps, onOutcome: (outcome: Outcome) => void): Command {
  const { t } = deps.terminal
  const guild = () =>
    new Option('--guild <id>', t('cli.schedule.guild')).makeOptionMandatory().argParser(toGuild)
  const importing = createCommand('import', t)
    .description(t('cli.schedule.import'))
    .argument('<file>', t('cli.schedule.file'))
    .addOption(guild())
    .option('--map <column=field>', t('cli.schedule.map', { fields: fields.join(' ') }), append)
    .option('--term <date>', t('cli.schedule.term'), toDate)
    .option('--weeks <count>', t('cli.schedule.weeks'), toWeeks, 20)
    .addOption(
      new Option('--replace <what>', t('cli.schedule.replace'))
        .default('range')
        .argParser(toReplaceMode),
    )
    .option('--yes', t('cli.schedule.yes'))
    .action(async (file: string, options: GivenScheduleOptions) => {
      const { map = [], term = null, yes = false } = options
      const { runScheduleImport } = await import('./schedule.ts')
      const given = { ...options, file, map, term, yes }
      const isDone = await runScheduleImport(given, scheduleDeps(deps))
      onOutcome(isDone ? 'done' : 'incomplete')
    })
  const undoing = createCommand('undo', t)
    .description(t('cli.schedule.undo'))
    .addOption(guild())
    .action(async (options: Pick<ScheduleImportOptions, 'guild'>) => {
      const { runScheduleUndo } = await import('./schedule.ts')
      const isDone = await runScheduleUndo(options.guild, scheduleDeps(deps))
      onOutcome(isDone ? 'done' : 'incomplete')
    })
  return createCommand('schedule', t)
    .description(t('cli.schedule.description'))
    .helpCommand(false)
    .addCommand(importing)
    .addCommand(undoing)
}

type GivenScheduleOptions = Omit<ScheduleImportOptions, 'file' | 'map' | 'term' | 'yes'> &
  Partial<Pick<ScheduleImportOptions, 'map' | 'term' | 'yes'>>

function scheduleDeps({ readConfig, terminal }: ProgramDeps) {
  return { dataDir: readConfig().dataDir, terminal }
}

function append(value: string, before: string[] = []): string[] {
  return [...before, value]
}

function toGuild(value: string): string {
  if (!/^\d{1,20}$/.test(value)) throw new InvalidArgumentError('')
  return value
}

function toDate(value: string): string {
  try {
    return Temporal.PlainDate.from(value, { overflow: 'reject' }).toString()
  } catch {
    throw new InvalidArgumentError('')
  }
}

function toWeeks(value: string): number {
  const weeks = Number(value)
  if (!/^\d{1,2}$/.test(value) || weeks < 1 || weeks > 60) throw new InvalidArgumentError('')
  return weeks
}

function toReplaceMode(value: string): ReplaceMode {
  const mode = replaceModes.find((each) => each === value)
  if (!mode) throw new InvalidArgumentError('')
  return mode
}

function createUsageCommand(deps: ProgramDeps): Command {
  const { t } = deps.terminal
  const by = new Option('--by <by>', t('cli.usage.by'))
    .default('day' satisfies UsageAxis)
    .argParser(toAxis)
  return createCommand('usage', t)
    .description(t('cli.usage.description'))
    .option('--days <days>', t('cli.usage.days'), toDays, 30)
    .addOption(by)
    .option('--project <project>', t('cli.usage.project'), toProject)
    .action(async (options: Omit<UsageOptions, 'project'> & { project?: string }) => {
      await showUsage({ ...options, project: options.project ?? null }, deps)
    })
}

async function showUsage(
  options: UsageOptions,
  { readConfig, terminal, log }: ProgramDeps,
): Promise<void> {
  const { database } = readConfig()
  const { openUsageReader } = await import('./usage-reader.ts')
  const { runUsage } = await import('./usage.ts')
  const usage = await openUsageReader(database, log)
  try {
    await runUsage(options, { usage, terminal, now: Date.now })
  } finally {
    await usage.close()
  }
}

function toDays(value: string): number {
  const days = Number(value)
  if (!/^\d{1,4}$/.test(value) || days < 1) throw new InvalidArgumentError('')
  return days
}

function toAxis(value: string): UsageAxis {
  const axis = usageAxes.find((each) => each === value)
  if (!axis) throw new InvalidArgumentError('')
  return axis
}

function toProject(value: string): string {
  if (!projectName.test(value)) throw new InvalidArgumentError('')
  return value
}
