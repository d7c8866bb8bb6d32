import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { createDocumentReader } from '../../../src/assistants/indexing/document-reader.ts'
import {
  DocumentError,
  type Chunk,
  type DocumentReader,
} from '../../../src/assistants/indexing/document.ts'
import { createLogger } from '../../../src/log.ts'
import { brokenFiles } from './broken-files.ts'
import { docxFile, paragraph, pptxFile } from './office-file.ts'
import { pdfFile, pdfLines } from './pdf-file.ts'

const log = createLogger({ level: 'silent', pretty: false })
const chunking = { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 }
const never = new AbortController().signal
let folder = ''
let reader: DocumentReader

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'documents-'))
  reader = createDocumentReader({ log })
})
after(async () => {
  await reader.close()
  await rm(folder, { recursive: true })
})

async function documentOf(filename: string, content: Uint8Array | string) {
  const path = join(folder, filename)
  await writeFile(path, content)
  return { path, filename, chunking }
}

async function read(filename: string, content: Uint8Array | string): Promise<Chunk[]> {
  const document = await documentOf(filename, content)
  return (await Array.fromAsync(reader.read(document, { signal: never }))).flat()
}

async function readOne(filename: string, content: Uint8Array | string): Promise<Chunk> {
  const [chunk, ...more] = await read(filename, content)
  assert.ok(chunk)
  assert.equal(more.length, 0)
  return chunk
}

describe('DocumentReader', () => {
  it('reads a PDF with pages, headings, Chinese fonts that are not in it, and without headers', async () => {
    const filler = (count: number) =>
      Array.from(
        { length: count },
        (_, index) => `第${index}行是课程讲义的正文内容，说明矩阵的定义。`,
      )
    const pages = [1, 2, 3, 4].map((number) => [
      { text: 'Linear Algebra, autumn', x: 60, y: 780, size: 9 },
      ...pdfLines([`第${number}章 线性代数`], { size: 20, font: 'utf16' }),
      ...pdfLines(filler(30), { top: 700, font: 'utf16' }),
      { text: String(number), x: 300, y: 20, size: 9 },
    ])
    const chunks = await read('notes.pdf', pdfFile(pages))
    const whole = chunks.map(({ text }) => text).join('\n')
    assert.doesNotMatch(whole, /autumn|^\d$/mu)
    assert.match(whole, /定义。第1行/u)
    assert.deepEqual([...new Set(chunks.map(({ page }) => page))].slice(0, 2), [1, 2])
    const second = chunks.find(({ page }) => page === 2)
    assert.equal(second?.heading, '第2章 线性代数')
  })

  it('reads GBK in a PDF, and joins hyphens and lines', async () => {
    const lines = [
      'A line that goes on until the right margin of this page, with a hy-',
      'phen and another word.',
    ]
    const page = [
      ...pdfLines(lines),
      ...pdfLines(['bed8d5f3cac7d2bbb8f6'], { top: 500, font: 'gbk' }),
    ]
    const { text } = await readOne('gbk.pdf', pdfFile([page]))
    assert.match(text, /with a hyphen and another word\.\n\n矩阵是一个$/u)
  })

  it('reads a Word document: headings by the name of their style, tables in rows, no deleted text', async () => {
    const table = `<w:tbl>${[
      ['周', '内容'],
      ['1', '矩阵'],
    ]
      .map((row) => `<w:tr>${row.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join('')}</w:tr>`)
      .join('')}</w:tbl>`
    const deleted = '<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>'
    const body = paragraph('教学大纲', '1') + paragraph('Aims &amp; content') + deleted + table
    const chunk = await readOne('syllabus.docx', docxFile(body))
    assert.deepEqual(chunk, {
      text: '教学大纲\n\nAims & content\n\n周 | 内容\n1 | 矩阵',
      page: null,
      heading: '教学大纲',
    })
  })

  it('reads slides in the order of the presentation, with titles and notes', async () => {
    const slides = ['One', 'Two', 'Three'].map((title) => ({
      title,
      body: [`About ${title}`, 'word '.repeat(900)],
      notes: `Say ${title}`,
    }))
    const chunks = await read('slides.pptx', pptxFile(slides))
    const whole = chunks.map(({ text }) => text).join('\n')
    assert.ok(whole.indexOf('Say One') < whole.indexOf('About Two'))
    assert.doesNotMatch(whole, /99/u)
    const third = chunks.find(({ page }) => page === 3)
    assert.equal(third?.heading, 'Three')
  })

  it('reads a web page as it is shown', async () => {
    const page =
      '<html><head><title>T</title><style>x</style></head><body><h1>Über &copy;</h1><p>Hello   <b>wor</b>ld<script>bad()</script></p><table><tr><th>a<th>b<tr><td>1<td>2</table><ul><li>one<li>two</ul><pre>x\n  y</pre>'
    const { text, heading } = await readOne('page.html', page)
    assert.equal(text, 'Über ©\n\nHello world\n\na | b\n1 | 2\n\n- one\n- two\n\nx\n  y')
    assert.equal(heading, 'Über ©')
  })

  it('finds headings of Markdown and LaTeX, and none in code', async () => {
    const markdown = await read(
      'a.md',
      `${'text '.repeat(900)}\n\nSetext\n===\n\n\`\`\`\n# no\n\`\`\`\n${'more '.repeat(900)}`,
    )
    assert.deepEqual([...new Set(markdown.map(({ heading }) => heading))], [null, 'Setext'])
    const latex = await readOne(
      'b.tex',
      '% hidden\n\\section{Intro to \\emph{it}}\n5\\% done % hidden\n',
    )
    assert.equal(latex.heading, 'Intro to it')
    assert.equal(latex.text, '\\section{Intro to \\emph{it}}\n\n5\\% done')
  })

  it('reads text in any encoding that Chinese files have', async () => {
    const text = '矩阵是一个按照长方阵列排列的数的集合'
    const little = Buffer.from(text, 'utf16le')
    const big = Buffer.from(little).swap16()
    const gb = Buffer.from('bed8d5f3cac7d2bbb8f6', 'hex')
    assert.equal((await readOne('a.txt', text)).text, text)
    assert.equal((await readOne('b.txt', little)).text, text)
    assert.equal((await readOne('c.txt', big)).text, text)
    assert.equal(
      (await readOne('d.txt', Buffer.concat([Buffer.from('fffe', 'hex'), little]))).text,
      text,
    )
    assert.equal((await readOne('e.txt', gb)).text, '矩阵是一个')
  })

  it('refuses what cannot be searched, and says when a file is not there', async () => {
    await assert.rejects(read('table.csv', 'a,b'), { code: 'unsupported_file' })
    const missing = { path: join(folder, 'missing'), filename: 'a.txt', chunking }
    await assert.rejects(Array.fromAsync(reader.read(missing, { signal: never })), (error) => {
      return !(error instanceof DocumentError) && /ENOENT/u.test(String(error))
    })
  })

  it('gives chunks no faster than they are taken', async () => {
    const document = await documentOf('long.txt', 'Some words of a long text. '.repeat(100_000))
    let batches = 0
    let chunks = 0
    for await (const batch of reader.read(document, { signal: never })) {
      assert.ok(batch.length < 200)
      batches += 1
      chunks += batch.length
    }
    assert.ok(batches > 10 && chunks > 1000)
  })

  it('ends the work when it is aborted or nobody wants the rest, and reads the next', async () => {
    const document = await documentOf('long2.txt', 'Some words of a long text. '.repeat(100_000))
    const controller = new AbortController()
    const aborted = (async () => {
      for await (const _ of reader.read(document, { signal: controller.signal })) {
        controller.abort(new Error('enough'))
      }
    })()
    await assert.rejects(aborted, { message: 'enough' })
    for await (const _ of reader.read(document, { signal: never })) break
    assert.equal((await readOne('next.txt', 'fine')).text, 'fine')
  })

  it('lets documents wait for their turn, and forgets those that are aborted while they wait', async () => {
    const one = createDocumentReader({ log, threads: 1 })
    const document = await documentOf('turn.txt', 'Some words. '.repeat(50_000))
    const first = one.read(document, { signal: never })[Symbol.asyncIterator]()
    await first.next()
    const controller = new AbortController()
    const second = Array.fromAsync(one.read(document, { signal: controller.signal }))
    const third = Array.fromAsync(one.read(document, { signal: never }))
    controller.abort(new Error('no longer'))
    await assert.rejects(second, { message: 'no longer' })
    await first.return?.()
    assert.ok((await third).length > 0)
    await one.close()
  })

  it('ends a document that gives no sign of life', async () => {
    const started = Promise.withResolvers<() => void>()
    const stalling = createDocumentReader({
      log,
      startTimer: (_, onEnd) => {
        started.resolve(onEnd)
        return () => undefined
      },
    })
    const document = await documentOf('stall.txt', 'Some words. '.repeat(500_000))
    const reading = stalling.read(document, { signal: never })[Symbol.asyncIterator]()
    const first = assert.rejects(reading.next(), {
      code: 'invalid_file',
      message: /takes too long/u,
    })
    const stall = await started.promise
    stall()
    await first
    await stalling.close()
  })

  it('refuses documents once it is closed, and ends those that are read', async () => {
    const closing = createDocumentReader({ log })
    const document = await documentOf('close.txt', 'Some words. '.repeat(500_000))
    const reading = closing.read(document, { signal: never })[Symbol.asyncIterator]()
    await reading.next()
    await closing.close()
    await assert.rejects(async () => {
      for (;;) if ((await reading.next()).done) return
    }, /closed/u)
    await assert.rejects(Array.fromAsync(closing.read(document, { signal: never })), /closed/u)
  })
})

describe('DocumentReader with broken files', () => {
  const files = brokenFiles()

  it('has many of them', () => {
    assert.ok(files.length >= 60, String(files.length))
    assert.equal(new Set(files.map(({ name }) => name)).size, files.length)
  })

  for (const { name, content, ends } of files) {
    it(`reads or refuses ${name}, and the next document is fine`, async () => {
      if ('refused' in ends) {
        await assert.rejects(read(name, content), (error) => {
          assert.ok(error instanceof DocumentError, String(error))
          assert.match(error.message, ends.refused)
          return true
        })
      } else {
        const chunks = await read(name, content)
        assert.match(chunks.map(({ text }) => text).join('\n'), ends.chunks)
      }
      assert.equal((await readOne('fine.txt', 'fine')).text, 'fine')
    })
  }
})
