import type { Block, Source } from '../block.ts'
import { documentLimits } from '../limits.ts'
import { openPdf } from '../pdf/engine.ts'
import { createPdfStyle, type PdfPage } from '../pdf/paragraphs.ts'
import { invalid, tooLarge } from '../refusals.ts'

/** Pages that are looked at before the first of them is given, to know headers and the size of text. */
const lookAhead = 3

/** The paragraphs of a PDF with their pages and headings. */
export async function* extractPdf(source: Source): AsyncGenerator<Block> {
  const style = createPdfStyle()
  const held: PdfPage[] = []
  let hasText = false
  for await (const page of readPages(source)) {
    hasText ||= page.lines.length > 0
    style.see(page)
    held.push(page)
    const ready = held.length > lookAhead ? held.shift() : undefined
    if (ready) yield* style.toBlocks(ready)
  }
  for (const page of held) yield* style.toBlocks(page)
  if (hasText) return
  throw invalid(
    'The file has no text: it looks scanned. Recognise its text (OCR) and upload it again.',
  )
}

async function* readPages({ path, bytes }: Source): AsyncGenerator<PdfPage> {
  let file = await openPdf(path, bytes)
  try {
    const { pageCount } = file
    if (pageCount > documentLimits.pages) throw tooLarge()
    for (let index = 0; index < pageCount; index += 1) {
      if (file.isWorn()) {
        file.close()
        file = await openPdf(path, bytes)
      }
      yield { number: index + 1, lines: file.lines(index) }
    }
  } finally {
    file.close()
  }
}
