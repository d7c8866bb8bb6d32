import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)

export type StartScript = 'start' | 'serve' | 'guagua'

/**
 * What `npm start`, or another script, passes to node, less the tester's own `.env`: a change of the
 * command is tested and measured without anybody thinking of it. Works from any folder.
 */
export function startCommand(script: StartScript = 'start'): string[] {
  const manifest = readFileSync(new URL('package.json', root), 'utf8')
  // Our own package.json, and without its script there is nothing to start.
  const { scripts } = JSON.parse(manifest) as { scripts: Record<StartScript, string> }
  const [, ...args] = scripts[script].split(' ')
  return args
    .filter((arg) => !arg.startsWith('--env-file'))
    .map((arg) => (/^(\.\/)?src\//.test(arg) ? fileURLToPath(new URL(arg, root)) : arg))
}
