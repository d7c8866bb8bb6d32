import BetterSqlite from 'better-sqlite3'

import type { Kind } from './kinds.ts'

/** An object that was read, before everything is. */
export interface StagedObject {
  kind: Kind
  id: string
  /** The thread it is, or is in; an assistant has none. */
  threadId: string | null
  /** The run that a step is of. */
  runId: string | null
  createdAt: number | null
  body: string
  /** Where it was read, as `toText` says it. */
  place: string
}

/** A thread about which something was read, whether the thread itself was or not. */
export interface StagedThread {
  id: string
  /** The earliest time in it; null if there is none. */
  earliest: number | null
  thread: StagedRow | null
  messages: StagedRow[]
  runs: StagedRow[]
  steps: StagedRow[]
  /** Its messages were read newest first. */
  newestFirst: boolean
}

export type StagedRow = Pick<StagedObject, 'id' | 'body' | 'place'>

/**
 * Everything that was read, on disk and not in memory, to be asked for in the order of time: pages come
 * newest first or oldest first, and what belongs to one thread may be in several files.
 */
export interface Staging {
  /** `repeated` is the same object again, `contradicts` another one of the same id. */
  add(object: StagedObject): 'added' | 'repeated' | 'contradicts'
  /** Nothing is added any more. */
  finish(): { assistants: number; threads: number }
  assistants(): Generator<StagedRow>
  threads(): Generator<StagedThread>
  close(): void
}

const listed = ['message', 'run', 'step'] as const

export function createStaging(): Staging {
  // A database without a name is a file that nobody else sees, and that goes with the process.
  const db = new BetterSqlite('')
  db.pragma('journal_mode = off')
  db.pragma('synchronous = off')
  db.exec(`
    create table objects (
      pos integer primary key, kind text not null, id text not null, thread_id text, run_id text,
      created_at integer, body text not null, place text not null, unique (kind, id)
    )`)
  db.exec('begin')
  const insert = db.prepare(`
    insert into objects (kind, id, thread_id, run_id, created_at, body, place)
    values (@kind, @id, @threadId, @runId, @createdAt, @body, @place)
    on conflict do nothing`)
  const find = db
    .prepare<[string, string], string>('select body from objects where kind = ? and id = ?')
    .pluck()

  return {
    add(object) {
      if (insert.run(object).changes > 0) return 'added'
      return find.get(object.kind, object.id) === object.body ? 'repeated' : 'contradicts'
    },
    finish() {
      db.exec(`
        create index objects_thread on objects (thread_id, kind, created_at, pos);
        create table thread_order (
          number integer primary key, thread_id text not null, earliest integer
        );
        insert into thread_order (thread_id, earliest)
          select thread_id, min(created_at) from objects where thread_id is not null
          group by thread_id order by min(created_at), min(pos);
        create table direction (kind text, thread_id text, ups integer, downs integer);
        create index direction_thread on direction (thread_id, kind);
        insert into direction
          select kind, thread_id, sum(created_at > before), sum(created_at < before)
          from (
            select kind, thread_id, created_at,
              lag(created_at) over (partition by kind, thread_id, run_id_of_step order by pos)
                as before
            from (
              select *, case kind when 'step' then run_id end as run_id_of_step
              from objects where kind in ('message', 'run', 'step')
            )
          )
          group by kind, thread_id;
        commit`)
      const count = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0
      return {
        assistants: count(`select count(*) from objects where kind = 'assistant'`),
        threads: count('select count(*) from thread_order'),
      }
    },
    *assistants() {
      yield* db
        .prepare<[], StagedRow>(
          `select id, body, place from objects where kind = 'assistant' order by created_at, pos desc`,
        )
        .iterate()
    },
    *threads() {
      const usually = usualDirections(db)
      const threads = db.prepare<[], { thread_id: string; earliest: number | null }>(
        'select thread_id, earliest from thread_order order by number',
      )
      const rows = {
        asc: db.prepare<[string, string], StagedRow>(selectRows('asc')),
        desc: db.prepare<[string, string], StagedRow>(selectRows('desc')),
      }
      const direction = db.prepare<[string, string], { ups: number; downs: number }>(
        'select ups, downs from direction where thread_id = ? and kind = ?',
      )
      for (const { thread_id: id, earliest } of threads.iterate()) {
        const isNewestFirst = (kind: (typeof listed)[number]) =>
          toDirection(direction.get(id, kind)) ?? usually[kind]
        const inOrder = (kind: (typeof listed)[number]) =>
          rows[isNewestFirst(kind) ? 'desc' : 'asc'].all(id, kind)
        yield {
          id,
          earliest,
          thread: rows.asc.get(id, 'thread') ?? null,
          messages: inOrder('message'),
          runs: inOrder('run'),
          steps: inOrder('step'),
          newestFirst: isNewestFirst('message'),
        }
      }
    },
    close: () => void db.close(),
  }
}

/** Within a second, where they stood decides. */
function selectRows(positions: 'asc' | 'desc'): string {
  return `select id, body, place from objects where thread_id = ? and kind = ?
    order by created_at, pos ${positions}`
}

/** For threads whose own times do not tell, those of all others do; else what the API does unasked. */
function usualDirections(db: BetterSqlite.Database): Record<(typeof listed)[number], boolean> {
  const sums = db.prepare<[string], { ups: number; downs: number }>(
    'select sum(ups) as ups, sum(downs) as downs from direction where kind = ?',
  )
  const usual = (kind: string) => toDirection(sums.get(kind)) ?? true
  return { message: usual('message'), run: usual('run'), step: usual('step') }
}

/** Whether the list was newest first; undefined if its times do not tell. */
function toDirection(
  steps: { ups: number | null; downs: number | null } | undefined,
): boolean | undefined {
  const ups = steps?.ups ?? 0
  const downs = steps?.downs ?? 0
  return ups === downs ? undefined : downs > ups
}
