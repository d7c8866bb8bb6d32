import { rmSync } from 'node:fs'

/** With what SQLite keeps beside it. Nobody may have it open. */
export function removeIndexFile(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
}

/** Whether a code of SQLite's says that the file is damaged, or none of its own. */
export function isDamage(code: unknown): boolean {
  return typeof code === 'string' && /^SQLITE_(CORRUPT|NOTADB)/.test(code)
}
