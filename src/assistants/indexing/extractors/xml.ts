import { Parser } from 'htmlparser2'

import { documentLimits } from '../limits.ts'
import { tooDeep } from '../refusals.ts'

/** What is called while XML is read; names come without their namespace's prefix. */
export interface XmlHandler {
  open?(name: string, attributes: XmlAttributes): void
  text?(text: string): void
  close?(name: string): void
}

/** By name without prefix; the relation's `id` is told apart from others as `r:id`. */
export type XmlAttributes = Readonly<Record<string, string>>

export interface XmlReader {
  write(text: string): void
  end(): void
}

/** Reads XML piece by piece. Entities that a document declares are not expanded; nothing is fetched. */
export function createXmlReader(handler: XmlHandler): XmlReader {
  let depth = 0
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth += 1
        if (depth > documentLimits.depth) throw tooDeep()
        handler.open?.(localName(name), localAttributes(attributes))
      },
      ontext: (text) => handler.text?.(text),
      onclosetag(name) {
        depth -= 1
        handler.close?.(localName(name))
      },
    },
    { xmlMode: true, decodeEntities: true },
  )
  return {
    write: (text) => parser.write(text),
    end: () => parser.end(),
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function localAttributes(attributes: Record<string, string>): XmlAttributes {
  // Without a prototype, so that no name means anything else.
  const local: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(attributes)) {
    local[name === 'r:id' ? name : localName(name)] = value
  }
  return local
}
