import { writeFileSync } from 'node:fs'

/** Says on standard error what is measured now, with the seconds since the start. */
export function say(step: string): void {
  const seconds = elapsedSeconds().toFixed(0).padStart(4)
  process.stderr.write(`${seconds} s  ${step}\n`)
}

/** Since the program began. */
export function elapsedSeconds(): number {
  return performance.now() / 1000
}

/** Writes the JSON, numbers rounded to thousandths, to the file or as the last line of output. */
export function writeReport(report: object, file: string | undefined): void {
  if (file === undefined) console.log(JSON.stringify(report, rounded))
  else writeFileSync(file, `${JSON.stringify(report, rounded, 2)}\n`)
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value
}
