import type { Block, Extract, Source } from './block.ts'
import { DocumentError } from './document.ts'
import { firstBytes, isArchive, isCompoundFile } from './extractors/office-package.ts'
import type { Format } from './formats.ts'
import { invalid } from './refusals.ts'

/** By format; loaded when one is read. */
const extractors: Record<Exclude<Format, 'doc'>, () => Promise<Extract>> = {
  pdf: async () => (await import('./extractors/pdf.ts')).extractPdf,
  docx: async () => (await import('./extractors/docx.ts')).extractDocx,
  pptx: async () => (await import('./extractors/pptx.ts')).extractPptx,
  html: async () => (await import('./extractors/html.ts')).extractHtml,
  markdown: async () => (await import('./extractors/markdown.ts')).extractMarkdown,
  latex: async () => (await import('./extractors/latex.ts')).extractLatex,
  text: async () => (await import('./extractors/text.ts')).extractText,
}

/** The blocks of a document in order. Throws `DocumentError`. */
export async function* extract(source: Source, format: Format): AsyncGenerator<Block> {
  if (source.bytes === 0) throw invalid('The file is empty.')
  const read = await extractors[format === 'doc' ? await formatOfDoc(source) : format]()
  let isEmpty = true
  for await (const block of read(source)) {
    isEmpty &&= block.text.trim() === ''
    yield block
  }
  if (isEmpty) throw invalid('The file has no text.')
}

/** Files called `.doc` are often web pages or newer documents. */
async function formatOfDoc({ path }: Source): Promise<'docx' | 'html'> {
  const start = await firstBytes(path, 1024)
  if (isArchive(start)) return 'docx'
  if (/^\ufeff?\s*<(?:!doctype html|html|head|body|\?xml)/iu.test(start.toString())) return 'html'
  const what = isCompoundFile(start) ? 'Documents of Word 97–2003 (.doc)' : 'Such .doc files'
  throw new DocumentError('unsupported_file', `${what} cannot be read; save it as .docx or PDF.`)
}
