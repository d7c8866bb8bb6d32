import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

import { zipSync } from 'fflate'

import { archive, docxFile, paragraph, pptxFile } from './office-file.ts'
import { pdfFile, pdfLines, pdfOf, stream } from './pdf-file.ts'

/** A file that is damaged, hostile or mistaken, and how reading it ends. */
export interface BrokenFile {
  name: string
  content: Uint8Array
  /** The message it is refused with, or chunks that have this text. */
  ends: { refused: RegExp } | { chunks: RegExp }
}

const damagedPdf = /not a PDF, or is damaged|damaged|no text: it looks scanned|file is empty/u
const damagedArchive = /cannot be unpacked|is not a|is damaged|no text/u
const notText = /is not text/u
const tooMuch = /too large|too deep|too much memory|takes too long/u

/** Every format, each broken in the ways that are its own. */
export function brokenFiles(): BrokenFile[] {
  return [...brokenTexts(), ...brokenPdfs(), ...brokenArchives(), ...brokenDocuments()]
}

function refused(name: string, content: Uint8Array | string, message: RegExp): BrokenFile {
  return { name, content: bytesOf(content), ends: { refused: message } }
}

function good(name: string, content: Uint8Array | string, text: RegExp): BrokenFile {
  return { name, content: bytesOf(content), ends: { chunks: text } }
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content
}

/** Always the same bytes that are nothing. */
function noise(length: number): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(String(index)).digest(),
  )
  return Buffer.concat(parts).subarray(0, length)
}

function brokenTexts(): BrokenFile[] {
  const formats = ['txt', 'md', 'html', 'tex', 'json', 'py', 'doc', 'pdf', 'docx', 'pptx']
  return [
    ...formats.map((format) => refused(`empty.${format}`, '', /^The file is empty\.$/u)),
    refused('blank.txt', ' \n\t\n \r\n'.repeat(1000), /no text/u),
    refused('nul.txt', Buffer.alloc(100_000), notText),
    refused('noise.txt', noise(100_000), notText),
    refused('noise.html', noise(100_000), notText),
    refused(
      'picture.md',
      Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), noise(9000)]),
      notText,
    ),
    refused('really.pdf.txt', pdfFile([pdfLines(['text'])]), notText),
    refused('really-zip.json', archive({ a: 'text' }), notText),
    refused('rich.txt', '{\\rtf1\\ansi hello}', notText),
    refused('large.txt', Buffer.alloc(65 * 1024 * 1024, 'a'), tooMuch),
    good('one-line.txt', `start ${'word '.repeat(200_000)}`, /^start word/u),
    good('one-word.txt', 'x'.repeat(1_000_000), /^[x\n]+$/u),
    good('one-han.txt', '的'.repeat(300_000), /^[的\n]+$/u),
    good('dashes.txt', `a ${'-'.repeat(500_000)}`, /^a --/u),
    good('blank-lines.txt', `start${'\n'.repeat(1_000_000)}end`, /^start\s+end$/u),
    good('spaces.txt', `start${' '.repeat(1_000_000)}end`, /^start\s+end$/u),
    good('marks.txt', `e${'\u0301'.repeat(100_000)}`, /^e\u0301/u),
    good('controls.txt', 'hello\u0007 world\u0000 again '.repeat(2), /^hello world again/u),
    good(
      'half-utf8.txt',
      Buffer.concat([Buffer.from('你好，世界。'.repeat(50)), Buffer.from([0xe4])]),
      /^你好/u,
    ),
    good('mark-only.txt', '\ufeffhello', /^hello$/u),
    good('special.txt', 'a <|endoftext|> b', /^a <\|endoftext\|> b$/u),
    good('open-fence.md', '```\n# no heading\n'.repeat(3), /no heading/u),
    good('hashes.md', `${'#'.repeat(100_000)} x\n\ntext`, /text/u),
    good('open-brace.tex', `\\section{${'{'.repeat(10_000)}\ntext`, /text/u),
    good('percent.tex', `${'\\'.repeat(20_001)}% text\nmore`, /more/u),
    refused('deep.html', '<div>'.repeat(200_000), tooMuch),
    refused(
      'only-script.html',
      '<html><script>alert(1)</script><style>p{}</style></html>',
      /no text/u,
    ),
    good('unclosed.html', '<html><body><p>hello<table><tr><td>cell<script>', /hello/u),
    good('attribute.html', `<p title="${'x'.repeat(1_000_000)}">hello</p>`, /^hello$/u),
    good('entities.html', '<p>&lt;b&gt; &nope; &#x110000; &#0; &amp;amp;</p>', /<b> &nope;/u),
    good('many-tags.html', '<b>a</b>'.repeat(50_000), /^aaaa/u),
  ]
}

function brokenPdfs(): BrokenFile[] {
  const whole = pdfFile([pdfLines(['Hello from the first page.']), pdfLines(['And the second.'])])
  const text = whole.toString('latin1')
  const page = (contents: string) =>
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << /Font << /F1 4 0 R >> >> /Contents ${contents} >>`
  const font = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'
  const pdf = (objects: [number, string][], catalogue = '') =>
    pdfOf(
      new Map([
        [1, `<< /Type /Catalog /Pages 2 0 R ${catalogue} >>`],
        [2, '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'],
        [3, page('5 0 R')],
        [4, font],
        [5, stream('BT /F1 12 Tf 60 700 Td (Hello) Tj ET')],
        ...objects,
      ]),
    )
  const bomb = deflateSync(Buffer.alloc(300 * 1024 * 1024, ' ')).toString('latin1')
  const form = (next: number) =>
    stream(
      `/X Do`,
      `/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X ${next} 0 R >> >>`,
    )
  return [
    refused('noise.pdf', noise(50_000), damagedPdf),
    refused('text.pdf', 'This is no PDF at all.', damagedPdf),
    refused('header-only.pdf', '%PDF-1.7\n', damagedPdf),
    refused('zip.pdf', archive({ a: 'b' }), damagedPdf),
    refused(
      'nul.pdf',
      Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(10_000)]),
      damagedPdf,
    ),
    refused('cut-early.pdf', whole.subarray(0, 200), damagedPdf),
    good('cut-late.pdf', whole.subarray(0, -20), /Hello/u),
    good('no-table.pdf', text.replace(/xref[\s\S]*?trailer/u, 'trailer'), /Hello/u),
    good('wrong-table.pdf', text.replace(/startxref\n\d+/u, 'startxref\n7'), /Hello/u),
    refused('no-pages.pdf', pdf([[2, '<< /Type /Pages /Kids [] /Count 0 >>']]), damagedPdf),
    refused('scanned.pdf', pdf([[5, stream('0 0 100 100 re f')]]), /looks scanned/u),
    refused(
      'million-pages.pdf',
      pdf([[2, '<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>']]),
      /too large|scanned|damaged/u,
    ),
    refused('own-parent.pdf', pdf([[2, '<< /Type /Pages /Kids [2 0 R] /Count 1 >>']]), damagedPdf),
    refused(
      'kids-of-kids.pdf',
      pdf([
        [2, '<< /Type /Pages /Kids [6 0 R] /Count 2 >>'],
        [6, '<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 2 >>'],
      ]),
      damagedPdf,
    ),
    refused('own-length.pdf', pdf([[5, '<< /Length 5 0 R >>\nstream\nBT\nendstream']]), damagedPdf),
    refused(
      'unknown-filter.pdf',
      pdf([[5, stream('garbage', '/Filter /NoSuchDecode')]]),
      damagedPdf,
    ),
    refused('bad-deflate.pdf', pdf([[5, stream('garbage', '/Filter /FlateDecode')]]), damagedPdf),
    refused(
      'bomb.pdf',
      pdf([[5, stream(bomb, '/Filter /FlateDecode')]]),
      /damaged|scanned|too much|too large/u,
    ),
    good(
      'form-loop.pdf',
      pdf([
        [3, page('5 0 R').replace('/Font', '/XObject << /X 6 0 R >> /Font')],
        [5, stream('/X Do BT /F1 12 Tf 60 700 Td (Hello) Tj ET')],
        [6, form(7)],
        [7, form(6)],
      ]),
      /Hello/u,
    ),
    good(
      'script.pdf',
      pdf(
        [[6, '<< /S /JavaScript /JS (app.alert\\(1\\); while\\(true\\){}) >>']],
        '/OpenAction 6 0 R',
      ),
      /^Hello$/u,
    ),
    good('deep-array.pdf', pdf([[6, '['.repeat(100_000)]]), /Hello/u),
    good(
      'same-page.pdf',
      pdf([[2, `<< /Type /Pages /Kids [${'3 0 R '.repeat(500)}] /Count 500 >>`]]),
      /Hello/u,
    ),
    good(
      'many-operators.pdf',
      pdf([[5, stream(`BT /F1 12 Tf 60 700 Td (Hello) Tj ${'q '.repeat(200_000)} ET`)]]),
      /Hello/u,
    ),
    refused(
      'password.pdf',
      pdfFile([pdfLines(['secret'])], {
        trailer: `/ID [<${'00'.repeat(16)}><${'00'.repeat(16)}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${'11'.repeat(32)}> /U <${'22'.repeat(32)}> >>`,
      }),
      /encrypted/u,
    ),
    refused(
      'foreign-encryption.pdf',
      pdfFile([pdfLines(['secret'])], { trailer: '/Encrypt << /Filter /Foreign /V 9 >>' }),
      /encrypted|damaged/u,
    ),
  ]
}

function brokenArchives(): BrokenFile[] {
  const whole = docxFile(paragraph('Hello from Word.').repeat(50))
  const compound = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), noise(4096)])
  const lying = Buffer.from(whole)
  // The size that the directory says `word/document.xml` has: PKWARE APPNOTE 4.3.12.
  const entry = lying.lastIndexOf('word/document.xml') - 46
  lying.writeUInt32LE(10, entry + 24)
  const encrypted = Buffer.from(whole)
  encrypted.writeUInt16LE(encrypted.readUInt16LE(entry + 8) | 1, entry + 8)
  const method = Buffer.from(whole)
  method.writeUInt16LE(99, entry + 10)
  const flipped = Buffer.from(whole)
  flipped.fill(0xff, 60, 120)
  const many = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`word/${index}.xml`, new Uint8Array()]),
  )
  const bomb = docxFile(`<w:p>${'<w:tab/>'.repeat(75_000_000 / 100)}</w:p>`)
  return [
    refused('noise.docx', noise(10_000), damagedArchive),
    refused('noise.pptx', noise(10_000), damagedArchive),
    refused('text.docx', 'hello', damagedArchive),
    refused('cut.docx', whole.subarray(0, whole.length / 2), damagedArchive),
    refused('start-only.docx', whole.subarray(0, 30), damagedArchive),
    refused('end-only.docx', whole.subarray(whole.length / 2), damagedArchive),
    refused('flipped.docx', flipped, damagedArchive),
    refused('lying-size.docx', lying, damagedArchive),
    refused('encrypted-entry.docx', encrypted, /password/u),
    refused('unknown-method.docx', method, damagedArchive),
    refused('password.docx', compound, /password/u),
    refused('password.pptx', compound, /password/u),
    refused('old.doc', compound, /Word 97–2003 .* save it as \.docx or PDF/u),
    refused('rich.doc', '{\\rtf1 hello}', /save it as \.docx or PDF/u),
    refused('noise.doc', noise(5000), /save it as \.docx or PDF/u),
    refused('many-entries.docx', zipSync(many, { level: 0 }), tooMuch),
    refused('workbook.docx', archive({ 'xl/workbook.xml': '<workbook/>' }), damagedArchive),
    refused('slides.docx', pptxFile([{ title: 'a', body: ['b'] }]), damagedArchive),
    refused('words.pptx', whole, damagedArchive),
    refused('bomb.docx', bombOf(700), tooMuch),
    refused('tabs.docx', bomb, /no text|too large/u),
    refused(
      'nested.docx',
      archive({ 'word/document.xml': archive({ 'word/document.xml': archive({ a: 'b' }) }) }),
      damagedArchive,
    ),
    good('really-new.doc', whole, /Hello from Word/u),
    good('really-web.doc', '<html><body><h1>Hello</h1></body></html>', /^Hello$/u),
  ]
}

/** So many megabytes of one attribute, in a file of less than one. */
function bombOf(megabytes: number): Uint8Array {
  const spaces = Buffer.alloc(megabytes * 1024 * 1024, ' ')
  spaces.write('<w:document>')
  return zipSync({ 'word/document.xml': spaces })
}

function brokenDocuments(): BrokenFile[] {
  const laughs = `<!DOCTYPE x [<!ENTITY a "ha">${Array.from('bcdefghij', (name, index) => {
    const before = 'abcdefghi'[index] ?? 'a'
    return `<!ENTITY ${name} "${`&${before};`.repeat(10)}">`
  }).join('')}]>`
  const laughing = `${laughs}<w:document><w:body>${paragraph('Hello &j;')}</w:body></w:document>`
  const outside = `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><w:document>${paragraph('Hello &f;')}</w:document>`
  const slides = (list: string, relations: string) =>
    archive({
      'ppt/presentation.xml': `<p:presentation><p:sldIdLst>${list}</p:sldIdLst></p:presentation>`,
      'ppt/_rels/presentation.xml.rels': `<Relationships>${relations}</Relationships>`,
    })
  const relation = (target: string) => `<Relationship Id="rId1" Type="x/slide" Target="${target}"/>`
  return [
    good('laughs.docx', archive({ 'word/document.xml': laughing }), /^Hello &j;$/u),
    good('outside.docx', archive({ 'word/document.xml': outside }), /^Hello &f;$/u),
    refused('deep.docx', docxFile('<w:sdt>'.repeat(100_000)), tooMuch),
    good('crossed.docx', docxFile('<w:p><w:r><w:t>Hello</w:r></w:p></w:t><w:tbl></w:p>'), /Hello/u),
    good(
      'cut-xml.docx',
      archive({ 'word/document.xml': `<w:document>${paragraph('Hello')}<w:p><w:r><w:t` }),
      /Hello/u,
    ),
    good(
      'no-styles.docx',
      archive({ 'word/document.xml': `<w:document>${paragraph('Hello', '1')}</w:document>` }),
      /^Hello$/u,
    ),
    good(
      'proto.docx',
      docxFile(`<w:p __proto__="x" constructor="y"><w:r><w:t>Hello</w:t></w:r></w:p>`, {
        __proto__x: 'x',
      }),
      /^Hello$/u,
    ),
    good('long-paragraph.docx', docxFile(paragraph('word '.repeat(100_000))), /^word word/u),
    refused('no-text.docx', docxFile('<w:p/>'.repeat(1000)), /no text/u),
    refused('noise-xml.docx', archive({ 'word/document.xml': noise(10_000) }), damagedArchive),
    refused('no-slides.pptx', slides('', ''), /no text/u),
    refused(
      'missing-slide.pptx',
      slides('<p:sldId r:id="rId1"/>', relation('slides/slide1.xml')),
      /no text/u,
    ),
    refused(
      'outside.pptx',
      slides('<p:sldId r:id="rId1"/>', relation('../../../../etc/passwd')),
      /no text/u,
    ),
    refused(
      'own-slide.pptx',
      slides('<p:sldId r:id="rId1"/>'.repeat(50), relation('presentation.xml')),
      /no text/u,
    ),
  ]
}
