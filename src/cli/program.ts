import { mkdirSync } from 'node:fs'

import { Command, InvalidArgumentError, Option } from 'commander'

import { defaultProject } from '../assistants/store/store.ts'
import { projectName, type Config } from '../config.ts'
import type { Translate } from '../i18n.ts'
import type { Logger } from '../log.ts'
import type { ImportOptions } from './import.ts'
import { openForCommand } from './open-store.ts'
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
