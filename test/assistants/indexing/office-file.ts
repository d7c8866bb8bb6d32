import { strToU8, zipSync, type Zippable } from 'fflate'

const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const wordNamespaces =
  'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
const slideNamespaces =
  'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
const relationTypes = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

/** A Word document whose body is the given XML; style `1` is called "heading 1", as Chinese Word has it. */
export function docxFile(body: string, more: Record<string, string> = {}): Uint8Array {
  return archive({
    '[Content_Types].xml': `${xml}<Types/>`,
    'word/document.xml': `${xml}<w:document ${wordNamespaces}><w:body>${body}</w:body></w:document>`,
    'word/styles.xml': `${xml}<w:styles ${wordNamespaces}><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style></w:styles>`,
    ...more,
  })
}

export function paragraph(text: string, style?: string): string {
  const properties = style === undefined ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`
  return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`
}

export interface Slide {
  title: string
  /** Paragraphs. */
  body: string[]
  notes?: string
}

/** A presentation; the parts of its slides are numbered backwards, so that only their list says the order. */
export function pptxFile(slides: Slide[]): Uint8Array {
  const parts: Record<string, string> = { '[Content_Types].xml': `${xml}<Types/>` }
  const number = (index: number) => slides.length - index
  const ids = slides.map((_, index) => `<p:sldId id="${256 + index}" r:id="rId${index}"/>`)
  parts['ppt/presentation.xml'] =
    `${xml}<p:presentation ${slideNamespaces}><p:sldIdLst>${ids.join('')}</p:sldIdLst></p:presentation>`
  parts['ppt/_rels/presentation.xml.rels'] = relations(
    slides.map((_, index) => [`rId${index}`, 'slide', `slides/slide${number(index)}.xml`]),
  )
  for (const [index, { title, body, notes }] of slides.entries()) {
    const name = `slide${number(index)}.xml`
    parts[`ppt/slides/${name}`] =
      `${xml}<p:sld ${slideNamespaces}>${shape('title', [title])}${shape('body', body)}${shape('sldNum', ['99'])}</p:sld>`
    if (notes === undefined) continue
    parts[`ppt/slides/_rels/${name}.rels`] = relations([
      ['rId1', 'notesSlide', `../notesSlides/${name}`],
    ])
    parts[`ppt/notesSlides/${name}`] =
      `${xml}<p:notes ${slideNamespaces}>${shape('body', [notes])}</p:notes>`
  }
  return archive(parts)
}

function shape(type: string, paragraphs: string[]): string {
  const texts = paragraphs.map((text) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`).join('')
  return `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:txBody>${texts}</p:txBody></p:sp>`
}

function relations(entries: [id: string, type: string, target: string][]): string {
  const items = entries.map(
    ([id, type, target]) =>
      `<Relationship Id="${id}" Type="${relationTypes}/${type}" Target="${target}"/>`,
  )
  return `${xml}<Relationships>${items.join('')}</Relationships>`
}

export function archive(parts: Record<string, string | Uint8Array>): Uint8Array {
  const entries: Zippable = Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [
      name,
      typeof part === 'string' ? strToU8(part) : part,
    ]),
  )
  return zipSync(entries)
}
