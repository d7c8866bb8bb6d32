import { posix } from 'node:path'

import type { Block, Source } from '../block.ts'
import { documentLimits } from '../limits.ts'
import { invalid } from '../refusals.ts'
import { createFlow, type Flow } from './flow.ts'
import { openPackage, type OfficePackage } from './office-package.ts'
import type { XmlHandler } from './xml.ts'

const presentation = 'ppt/presentation.xml'

/** The text of slides, in their order: a slide is a page, its title the heading; then its speaker's notes. */
export async function* extractPptx({ path }: Source): AsyncGenerator<Block> {
  const document = await openPackage(path, '.pptx')
  try {
    if (!document.has(presentation)) {
      throw invalid('The file is damaged: it has no slides part.')
    }
    const flow = createFlow()
    for (const [index, slide] of (await slidesOf(document)).entries()) {
      flow.setPage(index + 1)
      yield* readSlide({ document, part: slide, flow })
    }
  } finally {
    document.close()
  }
}

interface Slide {
  document: OfficePackage
  part: string
  flow: Flow
}

async function* readSlide({ document, part, flow }: Slide): AsyncGenerator<Block> {
  const read = async function* (name: string, isNotes: boolean): AsyncGenerator<Block> {
    for await (const _ of document.read(name, slideHandler(flow, isNotes))) yield* flow.take()
    flow.end()
    yield* flow.take()
  }
  yield* read(part, false)
  for (const { target, type } of (await relationsOf(document, part)).values()) {
    if (type.endsWith('/notesSlide')) yield* read(target, true)
  }
}

const titles = new Set(['title', 'ctrTitle'])
/** What every slide has: numbers, dates, footers, and on notes the picture of the slide. */
const furniture = new Set(['sldNum', 'dt', 'ftr', 'hdr', 'sldImg'])

/** ECMA-376 part 1, 19.3 and 21.1. */
function slideHandler(flow: Flow, isNotes: boolean): XmlHandler {
  let inText = false
  let isTitle = false
  let isLeftOut = false
  let fallbacks = 0
  let cells = 0
  let tables = 0
  return {
    open(name, attributes) {
      if (name === 'Fallback') fallbacks += 1
      if (name === 'sp') isTitle = isLeftOut = false
      else if (name === 'ph') {
        isTitle = !isNotes && titles.has(attributes['type'] ?? '')
        isLeftOut = furniture.has(attributes['type'] ?? '')
      } else if (name === 'txBody' && isTitle) flow.beginHeading()
      else if (name === 'tbl') tables += 1
      else if (name === 'tr') {
        flow.end('line')
        cells = 0
      } else if (name === 'tc') {
        if (cells > 0) flow.text(' | ')
        cells += 1
      } else if (name === 'br') flow.lineBreak()
      inText = name === 't' && !isLeftOut && fallbacks === 0
    },
    text(text) {
      if (inText) flow.text(text)
    },
    close(name) {
      inText = false
      if (name === 'Fallback') fallbacks -= 1
      if (name === 'sp') isTitle = isLeftOut = false
      else if (name === 'p' && (tables > 0 || isTitle)) flow.text(' ')
      else if (name === 'p') flow.end('line')
      else if (name === 'txBody' && isTitle) flow.endHeading()
      else if (name === 'txBody' && tables === 0) flow.end()
      else if (name === 'tr') flow.end('line')
      else if (name === 'tbl') {
        tables -= 1
        flow.end()
      }
    },
  }
}

async function slidesOf(document: OfficePackage): Promise<string[]> {
  const ids: string[] = []
  const handler: XmlHandler = {
    open(name, attributes) {
      if (name === 'sldId' && attributes['r:id'] !== undefined) ids.push(attributes['r:id'])
    },
  }
  for await (const _ of document.read(presentation, handler));
  const relations = await relationsOf(document, presentation)
  return ids
    .slice(0, documentLimits.pages)
    .map((id) => relations.get(id)?.target)
    .filter((target) => target !== undefined)
}

interface Relation {
  type: string
  /** The part's name. */
  target: string
}

/** What a part refers to within the package, by id. */
async function relationsOf(document: OfficePackage, part: string): Promise<Map<string, Relation>> {
  const folder = posix.dirname(part)
  const relations = new Map<string, Relation>()
  const handler: XmlHandler = {
    open(name, { Id: id, Type: type, Target: target, TargetMode: mode }) {
      if (name !== 'Relationship' || mode === 'External') return
      if (id === undefined || type === undefined || target === undefined) return
      relations.set(id, { type, target: posix.resolve(`/${folder}`, target).slice(1) })
    },
  }
  const relationsPart = `${folder}/_rels/${posix.basename(part)}.rels`
  for await (const _ of document.read(relationsPart, handler));
  return relations
}
