import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)

/**
 * What `npm start` passes to node, less the tester's own `.env`: a change of the command is tested and
 * measured without anybody thinking of it. Works from any folder.
 */
export function startCommand(): string[] {
  const manifest = readFileSync(new URL('package.json', root), 'utf8')
  // Our own package.json, and without its script there is nothing to start.
  const { scripts } = JSON.parse(manifest) as { scripts: { start: string } }
  const [, ...args] = scripts.start.split(' ')
  return args
    .filter((arg) => !arg.startsWith('--env-file'))
    .map((arg) => (/^(\.\/)?src\//.test(arg) ? fileURLToPath(new URL(arg, root)) : arg))
}
