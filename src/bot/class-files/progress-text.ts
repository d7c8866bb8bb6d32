import type { Translate } from '../../i18n.ts'
import type { Progress } from './class-files.ts'
import { boldName, plainName } from './file-text.ts'
import { classFileLimits } from './limits.ts'

/** What is being done with files: `3 of 5 ready, reading notes.pdf…`, and what went wrong already. */
export function workingText(files: readonly Progress[], t: Translate): string {
  const count = files.filter(({ state }) => state === 'ready').length
  const ready = t('commands.files.ready', { ready: count, total: files.length })
  const current =
    files.find(({ state }) => state === 'fetching') ??
    files.find(({ state }) => state === 'reading')
  const line = current
    ? t(`commands.files.${current.state === 'fetching' ? 'fetching' : 'reading'}`, {
        ready,
        name: plainName(current.name),
      })
    : t('commands.files.waiting', { ready })
  return [...files.flatMap((file) => troubleLine(file, t)), line].join('\n')
}

/** What has become of files in the end. */
export function doneText(files: readonly Progress[], t: Translate): string {
  const added = files.filter(({ state }) => state === 'ready')
  const inHand = files.filter(({ state }) => state === 'reading')
  const lines = files.flatMap((file) => [
    ...(file.state === 'ready' ? [`✅ ${boldName(file.name)}`] : []),
    ...(file.state === 'ready' && file.replaced
      ? [`-# ${t('commands.files.replaced', { name: plainName(file.name) })}`]
      : []),
    ...(file.state === 'reading' ? [`⏳ ${boldName(file.name)}`] : []),
    ...troubleLine(file, t),
  ])
  if (added.length > 0) lines.push(t('commands.files.added', { count: added.length }))
  if (inHand.length > 0) lines.push(t('commands.files.goesOn'))
  return lines.join('\n')
}

function troubleLine(file: Progress, t: Translate): string[] {
  const names = boldName(file.name)
  if (file.state === 'failed') return [`⚠️ ${t(`attached.unread.${file.reason}`, { names })}`]
  if (file.state !== 'refused') return []
  const { megabytes, files: most } = classFileLimits
  if (file.reason === 'full') return [`⚠️ ${t('commands.files.full', { names, most })}`]
  return [`⚠️ ${t(`attached.left.${file.reason}`, { names, megabytes })}`]
}
