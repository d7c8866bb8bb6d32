import { Parser } from 'htmlparser2'

import type { Block, Source } from '../block.ts'
import { documentLimits } from '../limits.ts'
import { tooDeep } from '../refusals.ts'
import { createFlow, type Flow } from './flow.ts'
import { readText } from './read-text.ts'

/** What is not shown, or is not text. */
const hidden = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'head',
  'svg',
  'iframe',
  'object',
])
const blocks = new Set(
  `address article aside blockquote body caption center details dialog dd div dl dt fieldset figcaption
  figure footer form header hr html legend main nav ol option p pre section summary table ul`.split(
    /\s+/u,
  ),
)
const lines = new Set(['li', 'tr', 'dt', 'dd', 'option'])
const headings = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6'])

/** The text of a web page with its headings; rows of tables with ` | ` between their cells. */
export async function* extractHtml(source: Source): AsyncGenerator<Block> {
  const flow = createFlow()
  const parser = createHtmlParser(flow)
  for await (const slice of readText(source)) {
    parser.write(slice)
    yield* flow.take()
  }
  parser.end()
  flow.end()
  yield* flow.take()
}

function createHtmlParser(flow: Flow): Parser {
  let depth = 0
  let hiddenDepth = 0
  let preDepth = 0
  let cells = 0
  return new Parser({
    onopentag(name, attributes) {
      depth += 1
      if (depth > documentLimits.depth) throw tooDeep()
      if (hidden.has(name) || 'hidden' in attributes) hiddenDepth ||= depth
      if (hiddenDepth > 0) return
      if (name === 'br') flow.lineBreak()
      else if (name === 'img' && attributes['alt']) flow.text(attributes['alt'])
      else if (headings.has(name)) flow.beginHeading()
      else if (lines.has(name)) flow.end('line')
      else if (blocks.has(name)) flow.end()
      if (name === 'pre') preDepth ||= depth
      if (name === 'li') flow.text('- ')
      if (name === 'tr') cells = 0
      if (name === 'td' || name === 'th') {
        if (cells > 0) flow.text(' | ')
        cells += 1
      }
    },
    ontext(text) {
      if (hiddenDepth > 0) return
      if (preDepth > 0) flow.verbatim(text)
      else flow.text(text)
    },
    onclosetag(name) {
      const isShown = hiddenDepth === 0
      if (hiddenDepth === depth) hiddenDepth = 0
      if (preDepth === depth) preDepth = 0
      depth -= 1
      if (!isShown) return
      if (headings.has(name)) flow.endHeading()
      else if (lines.has(name)) flow.end('line')
      else if (blocks.has(name)) flow.end()
    },
  })
}
