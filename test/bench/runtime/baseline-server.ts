/**
 * What any server costs: a bare Hono route that writes one row into SQLite and answers it. Says where
 * it listens on the first line of standard output. Argument: the database file.
 */
import { serve } from '@hono/node-server'
import BetterSqlite from 'better-sqlite3'
import { Hono } from 'hono'

const [, , path = ':memory:'] = process.argv
const database = new BetterSqlite(path)
database.pragma('journal_mode = WAL')
database.pragma('synchronous = NORMAL')
database.exec('create table rows (id integer primary key, body text not null)')
const insert = database.prepare('insert into rows (body) values (?)')

const app = new Hono()
app.post('/rows', async (context) => {
  const body = await context.req.text()
  const { lastInsertRowid } = insert.run(body)
  return context.json({ id: Number(lastInsertRowid) })
})
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`)
})
process.once('SIGTERM', () => process.exit(0))
