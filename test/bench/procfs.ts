/** What Linux says a process has used, read from the outside so that all bots are measured alike. */
import { readFile } from 'node:fs/promises'

/** `/proc/<pid>/stat` counts in clock ticks; Linux has reported 100 a second on every platform for decades. */
const millisecondsPerTick = 10

export interface Memory {
  rssMb: number
  /** Shared pages divided among those who share them; null where the kernel does not tell. */
  pssMb: number | null
}

/** User and system time of all threads so far, in milliseconds, in steps of 10. */
export async function readCpuMs(pid: number): Promise<number> {
  return parseCpuMs(await readFile(`/proc/${pid}/stat`, 'utf8'))
}

export async function readMemory(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return { rssMb: parseMb(status, 'VmRSS') ?? Number.NaN, pssMb: parseMb(rollup, 'Pss') }
}

/** The name of the program, in parentheses, may itself hold spaces and parentheses. */
export function parseCpuMs(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [userTicks, systemTicks] = [afterName[11], afterName[12]]
  return (Number(userTicks) + Number(systemTicks)) * millisecondsPerTick
}

export function parseMb(text: string, field: string): number | null {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) / 1024
}
