import type { Kysely } from 'kysely'

import type { Database } from './schema.ts'

/** Files as somebody may see them: those of one project, or with null those of all. */
export interface FileScope {
  project: string | null
  /** Now, in Unix seconds. */
  time: number
}

/** Whatever is asked of files is asked through this: one whose time is over is missing. */
export function liveFiles(db: Kysely<Database>, { project, time }: FileScope) {
  const files = db
    .selectFrom('files')
    .where((eb) => eb.or([eb('files.expires_at', 'is', null), eb('files.expires_at', '>', time)]))
  return project === null ? files : files.where('files.project', '=', project)
}
