import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import {
  importFiles,
  type ImportProgress,
  type ImportSummary,
  type Skipped,
  type SkipReason,
} from '../assistants/import/import.ts'
import type { Kind } from '../assistants/import/kinds.ts'
import type { Store } from '../assistants/store/store.ts'
import { toOneLine } from './one-line.ts'
import { toTable } from './table.ts'
import { CommandError, type Terminal } from './terminal.ts'

export interface ImportOptions {
  /** Files, and folders of them. */
  files: string[]
  project: string
  dryRun: boolean
  /** What was deleted since an earlier import comes back. */
  restore: boolean
  /** Every skipped object is named. */
  verbose: boolean
}

interface ImportCommandDeps {
  store: Pick<Store, 'history'>
  terminal: Terminal
}

const kinds = ['assistant', 'thread', 'message', 'run', 'step'] as const satisfies Kind[]
/** Names of files that are read in a folder. */
const exported = /^[^.].*\.(json|jsonl|ndjson)(\.gz)?$/i
/** Skipped objects that are named for each reason. */
const namedPerReason = 5

/** Imports, and says what became of everything. Answers whether all of it is there now. */
export async function runImport(
  { files, project, dryRun, restore, verbose }: ImportOptions,
  { store, terminal }: ImportCommandDeps,
): Promise<boolean> {
  const found: string[] = []
  for (const file of files) found.push(...(await findFiles(file, terminal)))
  const skips = createSkips(verbose ? Number.POSITIVE_INFINITY : namedPerReason)
  const summary = await importFiles(found, {
    history: store.history({ project, dryRun, restore }),
    onSkipped: (skipped) => skips.add(skipped),
    onProgress: (progress) => terminal.progress(toProgressText(progress, terminal)),
  })
  printSummary(summary, { skips, dryRun, terminal })
  return summary.skipped === 0
}

/** The file itself, or those of exports in the folder and below it. */
async function findFiles(path: string, { t }: Terminal): Promise<string[]> {
  const toError = (reason: string, cause?: unknown) =>
    new CommandError(t('cli.noFile', { file: path, reason }), { cause })
  try {
    const found = await stat(path)
    if (found.isFile()) return [path]
    if (!found.isDirectory()) throw toError(t('cli.import.neither'))
    const inside = await readdir(path, { recursive: true, withFileTypes: true })
    const files = inside
      .filter((entry) => entry.isFile() && exported.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
    if (files.length === 0) throw toError(t('cli.import.emptyFolder'))
    return files.toSorted()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw toError(String(error.code), error)
  }
}

type Skips = ReturnType<typeof createSkips>

/** Counts by reason and kind; keeps the first few of each reason. */
function createSkips(named: number) {
  const byReason = new Map<SkipReason, { count: number; first: Skipped[] }>()
  const byKind = new Map<Kind | 'other', number>()
  return {
    byReason,
    byKind,
    add(skipped: Skipped): void {
      const group = byReason.get(skipped.reason) ?? { count: 0, first: [] }
      byReason.set(skipped.reason, group)
      group.count += 1
      if (group.first.length < named) group.first.push(skipped)
      const kind = skipped.kind ?? 'other'
      byKind.set(kind, (byKind.get(kind) ?? 0) + 1)
    },
  }
}

function toProgressText({ phase, done, total }: ImportProgress, { t }: Terminal): string {
  if (phase === 'write') return t('cli.import.writing', { done, total })
  return t('cli.import.reading', { percent: Math.floor((done / Math.max(total, 1)) * 100) })
}

interface SummaryDeps {
  skips: Skips
  dryRun: boolean
  terminal: Terminal
}

function printSummary(summary: ImportSummary, { skips, dryRun, terminal }: SummaryDeps): void {
  const { t, print } = terminal
  const rows = [...kinds, 'other' as const].map((kind) => [
    t(`cli.import.kinds.${kind}`),
    ...(kind === 'other' ? ['0', '0'] : [`${summary.imported[kind]}`, `${summary.known[kind]}`]),
    `${skips.byKind.get(kind) ?? 0}`,
  ])
  const told = rows.filter((row) => row.slice(1).some((cell) => cell !== '0'))
  if (told.length === 0) print(t('cli.import.nothing'))
  else {
    const head = ['', t('cli.import.imported'), t('cli.import.known'), t('cli.import.skipped')]
    print(toTable([head, ...told]))
  }
  printSkipped(skips, terminal)
  const { madeUp, missing } = summary
  if (madeUp > 0) print(`\n${t('cli.import.madeUp', { count: madeUp })}`)
  if (missing.files + missing.vectorStores > 0) {
    const { files, vectorStores: stores } = missing
    print(`\n${t('cli.import.missing', { files, stores })}`)
  }
  if (dryRun) print(`\n${t('cli.import.dry')}`)
}

function printSkipped({ byReason }: Skips, { t, print }: Terminal): void {
  if (byReason.size === 0) return
  print(`\n${t('cli.import.skipped')}:`)
  for (const [reason, { count, first }] of byReason) {
    print(`  ${count}  ${t(`cli.import.reasons.${reason}`)}`)
    for (const { place, id, detail } of first) {
      const parts = [toOneLine(place, 300), toOneLine(id ?? '', 100), toOneLine(detail ?? '', 300)]
      print(`     ${parts.filter((part) => part !== '').join('  ')}`)
    }
    if (count > first.length) print(`     ${t('cli.import.more', { count: count - first.length })}`)
  }
}
