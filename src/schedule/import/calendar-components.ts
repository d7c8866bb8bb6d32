/** The lines of one component, from BEGIN to END. */
export interface RawComponent {
  /** Of its BEGIN, from 1. */
  line: number
  text: string
}

interface RawCalendar {
  timezones: RawComponent[]
  /** VEVENT and VTODO, in the order of the file. */
  items: RawComponent[]
}

const wanted = new Set(['VTIMEZONE', 'VEVENT', 'VTODO'])

/**
 * Cuts a calendar into its components, so that each can be bad for itself and has a line. What is inside
 * of an event, such as alarms, is left out.
 */
export function splitComponents(text: string): RawCalendar {
  const found: RawCalendar = { timezones: [], items: [] }
  let open: { name: string; line: number; lines: string[]; depth: number } | null = null
  const close = () => {
    if (!open) return
    const component = { line: open.line, text: open.lines.join('\r\n') }
    if (open.name === 'VTIMEZONE') found.timezones.push(component)
    else found.items.push(component)
    open = null
  }
  for (const [index, line] of text.split(/\r\n|\n|\r/u).entries()) {
    const [, verb, given] = /^(BEGIN|END):\s*([\w-]+)\s*$/iu.exec(line) ?? []
    const name = given?.toUpperCase() ?? ''
    const isBegin = verb?.toUpperCase() === 'BEGIN'
    if (isBegin && wanted.has(name)) {
      // One that is never ended has its problem told by whoever parses it.
      close()
      open = { name, line: index + 1, lines: [line], depth: 0 }
      continue
    }
    if (!open || line === '') continue
    const isTimezone = open.name === 'VTIMEZONE'
    if (verb !== undefined && !isBegin && name === open.name) {
      open.lines.push(line)
      close()
    } else if (isTimezone) open.lines.push(line)
    else if (verb !== undefined) open.depth = Math.max(0, open.depth + (isBegin ? 1 : -1))
    else if (open.depth === 0) open.lines.push(line)
  }
  close()
  return found
}
