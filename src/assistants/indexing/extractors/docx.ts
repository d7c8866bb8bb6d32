import type { Block, Source } from '../block.ts'
import { invalid } from '../refusals.ts'
import { createFlow, type Flow } from './flow.ts'
import { openPackage, type OfficePackage } from './office-package.ts'
import type { XmlHandler } from './xml.ts'

const body = 'word/document.xml'
const after = ['word/footnotes.xml', 'word/endnotes.xml']

/** The text of a Word document with its headings; rows of tables with ` | ` between their cells, footnotes at the end. */
export async function* extractDocx({ path }: Source): AsyncGenerator<Block> {
  const document = await openPackage(path, '.docx')
  try {
    if (!document.has(body)) {
      throw invalid('The file is damaged: it has no text part.')
    }
    const headings = await headingStyles(document)
    for (const part of [body, ...after]) yield* readPart({ document, part, headings })
  } finally {
    document.close()
  }
}

interface Part {
  document: OfficePackage
  part: string
  headings: ReadonlySet<string>
}

async function* readPart({ document, part, headings }: Part): AsyncGenerator<Block> {
  const flow = createFlow()
  for await (const _ of document.read(part, documentHandler(flow, headings))) yield* flow.take()
  flow.end()
  yield* flow.take()
}

/** ECMA-376 part 1, 17.3 and 17.4. Deleted text is in other elements (`delText`) than text. */
function documentHandler(flow: Flow, headings: ReadonlySet<string>): XmlHandler {
  let inText = 0
  /** Of a drawing, only one of its alternatives is shown. */
  let fallbacks = 0
  let tables = 0
  let cells = 0
  let isHeading = false
  return {
    open(name, attributes) {
      if (name === 'Fallback') fallbacks += 1
      if (fallbacks > 0) return
      if (name === 't') inText += 1
      else if (name === 'p' && tables === 0) flow.end()
      else if (name === 'pStyle' && tables === 0 && headings.has(attributes['val'] ?? '')) {
        isHeading = true
        flow.beginHeading()
      } else if (
        name === 'outlineLvl' &&
        tables === 0 &&
        !isHeading &&
        isLevel(attributes['val'])
      ) {
        isHeading = true
        flow.beginHeading()
      } else if (name === 'tab') flow.text(' ')
      else if (name === 'br' || name === 'cr') flow.lineBreak()
      else if (name === 'noBreakHyphen') flow.text('-')
      else if (name === 'tbl') {
        flow.end()
        tables += 1
      } else if (name === 'tr') {
        flow.end('line')
        cells = 0
      } else if (name === 'tc') {
        if (cells > 0) flow.text(' | ')
        cells += 1
      }
    },
    text(text) {
      if (inText > 0 && fallbacks === 0) flow.text(text)
    },
    close(name) {
      if (name === 'Fallback') fallbacks -= 1
      if (fallbacks > 0) return
      if (name === 't') inText -= 1
      else if (name === 'tbl') {
        tables -= 1
        flow.end()
      } else if (name === 'tr') flow.end('line')
      else if (name === 'p' && tables > 0) flow.text(' ')
      else if (name === 'p' && isHeading) {
        isHeading = false
        flow.endHeading()
      } else if (name === 'p') flow.end()
    },
  }
}

function isLevel(value: string | undefined): boolean {
  return value !== undefined && /^[0-8]$/u.test(value)
}

const headingName = /^(?:heading [1-9]|title|标题 ?[1-9]?)$/iu

/** The ids of styles that are headings, by their name or outline level: ids differ by language. */
async function headingStyles(document: OfficePackage): Promise<Set<string>> {
  const headings = new Set<string>()
  let style = ''
  const handler: XmlHandler = {
    open(name, attributes) {
      const value = attributes['val']
      if (name === 'style') style = attributes['styleId'] ?? ''
      else if (name === 'name' && headingName.test(value ?? '')) headings.add(style)
      else if (name === 'outlineLvl' && isLevel(value)) headings.add(style)
    },
    close(name) {
      if (name === 'style') style = ''
    },
  }
  for await (const _ of document.read('word/styles.xml', handler));
  headings.delete('')
  return headings
}
