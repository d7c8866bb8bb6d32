import { createTranslations, toLocale, type Translate } from '../i18n.ts'

/** Where a command writes, and in which language. */
export interface Terminal {
  t: Translate
  /** Results. */
  print: (text: string) => void
  /** What is not a result; a line that the next one replaces, if somebody is looking. */
  progress: (text: string) => void
}

/** A command cannot do its work; `message` is for the person who typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** The language of a terminal, as POSIX says it: `LC_ALL`, else `LC_MESSAGES`, else `LANG`. */
export function translateFor(env: NodeJS.ProcessEnv): Translate {
  const locale = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value)
  return createTranslations()(toLocale(locale))
}

const clearLine = '\r\u001b[K'

export function createTerminal(t: Translate): Terminal & { close: () => void } {
  for (const stream of [process.stdout, process.stderr]) {
    // Whoever read it has seen enough (`| head`); the work goes on to its end.
    stream.on('error', (error) => {
      if (!('code' in error && error.code === 'EPIPE')) throw error
    })
  }
  let shown = ''
  const clear = () => {
    if (shown !== '') process.stderr.write(clearLine)
    shown = ''
  }
  return {
    t,
    print(text) {
      clear()
      process.stdout.write(`${text}\n`)
    },
    progress(text) {
      if (!process.stderr.isTTY || text === shown) return
      shown = text
      process.stderr.write(`${clearLine}${text}`)
    },
    close: clear,
  }
}
