/** What stands on a page of a made PDF, in points from its lower left corner. */
export interface PdfText {
  text: string
  x: number
  y: number
  size: number
  /** `utf16` and `gbk` are Chinese fonts that are not in the file, so that readers need their own tables. */
  font?: 'latin' | 'utf16' | 'gbk'
}

const fonts = { latin: 'F1', utf16: 'F2', gbk: 'F3' }

/** A PDF by hand: objects, a table of their places, a trailer. Text in `gbk` comes as hexadecimal digits. */
export function pdfFile(pages: PdfText[][], { trailer = '' }: { trailer?: string } = {}): Buffer {
  const kids = pages.map((_, index) => `${10 + index * 2} 0 R`).join(' ')
  const objects = new Map<number, string>([
    [1, '<< /Type /Catalog /Pages 2 0 R >>'],
    [2, `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`],
    [3, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>'],
    [4, chineseFont('UniGB-UCS2-H')],
    [5, chineseFont('GBK-EUC-H')],
    [6, descendant],
    [
      7,
      '<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /ItalicAngle 0 /Ascent 880 /Descent -120 /StemV 80 /CapHeight 700 /FontBBox [-25 -254 1000 880] >>',
    ],
  ])
  for (const [index, texts] of pages.entries()) {
    const content = texts.map(showText).join('\n')
    const resources = '<< /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R >> >>'
    const page = `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources ${resources}`
    objects.set(10 + index * 2, `${page} /Contents ${11 + index * 2} 0 R >>`)
    objects.set(11 + index * 2, stream(content))
  }
  return pdfOf(objects, trailer)
}

/** Any objects; number 1 is the catalogue. */
export function pdfOf(objects: Map<number, string>, trailer = ''): Buffer {
  const parts = ['%PDF-1.7\n%\xe2\xe3\xcf\xd3\n']
  let length = parts[0]?.length ?? 0
  const places = new Map<number, number>()
  for (const [number, body] of objects) {
    const part = `${number} 0 obj\n${body}\nendobj\n`
    places.set(number, length)
    parts.push(part)
    length += part.length
  }
  const size = Math.max(...objects.keys()) + 1
  const rows = Array.from({ length: size }, (_, number) => {
    const place = places.get(number)
    return place === undefined
      ? '0000000000 65535 f \n'
      : `${String(place).padStart(10, '0')} 00000 n \n`
  })
  parts.push(`xref\n0 ${size}\n${rows.join('')}`)
  parts.push(`trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${length}\n%%EOF\n`)
  return Buffer.from(parts.join(''), 'latin1')
}

export function stream(content: string, dictionary = ''): string {
  return `<< /Length ${content.length} ${dictionary} >>\nstream\n${content}\nendstream`
}

const descendant = `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light
/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 /FontDescriptor 7 0 R >>`

function chineseFont(encoding: string): string {
  return `<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /${encoding} /DescendantFonts [6 0 R] >>`
}

function showText({ text, x, y, size, font = 'latin' }: PdfText): string {
  return `BT /${fonts[font]} ${size} Tf 1 0 0 1 ${x} ${y} Tm ${operand(text, font)} Tj ET`
}

function operand(text: string, font: PdfText['font']): string {
  if (font === 'gbk') return `<${text}>`
  if (font === 'utf16') return `<${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`
  return `(${text.replace(/[\\()]/gu, String.raw`\$&`)})`
}

/** Lines below each other from the top of a page. */
export function pdfLines(
  lines: string[],
  { size = 12, top = 740, font }: { size?: number; top?: number; font?: PdfText['font'] } = {},
): PdfText[] {
  return lines.map((text, index) => ({
    text,
    x: 60,
    y: top - index * size * 1.3,
    size,
    ...(font && { font }),
  }))
}
