import { closeSync, openSync, readSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { init } from '@embedpdf/pdfium'

import { capWasmMemory } from '../../../wasm-memory.ts'
import { documentLimits } from '../limits.ts'
import { invalid } from '../refusals.ts'

/** One line of a page, in points from the page's lower left corner. */
export interface PageLine {
  text: string
  left: number
  right: number
  top: number
  bottom: number
  /** It ends within a word. */
  isHyphenated: boolean
}

/** A PDF file that is read page by page; not all of it is in memory. */
export interface PdfFile {
  pageCount: number
  /** Lines in the order of reading; `index` is from 0. An unreadable page has none. */
  lines(index: number): PageLine[]
  /** So much memory is taken that the rest should be read with another engine. */
  isWorn(): boolean
  close(): void
}

/** The part of PDFium that is used: fpdfview.h and fpdf_text.h. */
interface Engine {
  pdfium: {
    HEAPU8: Uint8Array
    HEAP32: Int32Array
    HEAPF32: Float32Array
    addFunction(run: (...numbers: number[]) => number, signature: string): number
    wasmExports: { malloc(size: number): number }
  }
  PDFiumExt_Init(): void
  FPDF_LoadCustomDocument(access: number, password: string): number
  FPDF_GetLastError(): number
  FPDF_GetPageCount(document: number): number
  FPDF_LoadPage(document: number, index: number): number
  FPDF_ClosePage(page: number): void
  FPDFText_LoadPage(page: number): number
  FPDFText_ClosePage(text: number): void
  FPDFText_CountChars(text: number): number
  FPDFText_GetUnicode(text: number, index: number): number
  FPDFText_GetLooseCharBox(text: number, index: number, box: number): boolean
}

let wasm: Promise<ArrayBuffer> | undefined

/** Read once for a thread; its memory cannot grow beyond the limit, whatever is in a file. */
async function readWasm(): Promise<ArrayBuffer> {
  const path = fileURLToPath(import.meta.resolve('@embedpdf/pdfium/pdfium.wasm'))
  const bytes = Uint8Array.from(await readFile(path))
  capWasmMemory(bytes, documentLimits.pdfBytes)
  return bytes.buffer
}

/** An engine of its own, so that nothing of another file is in it, and a broken one can be dropped. */
async function startEngine(): Promise<Engine> {
  wasm ??= readWasm()
  const silence = { print: () => undefined, printErr: () => undefined }
  const engine = await init({ wasmBinary: await wasm, ...silence })
  engine.PDFiumExt_Init()
  // The package's types name those of Emscripten, which are not there.
  return engine as unknown as Engine
}

const passwordNeeded = 4
const unknownSecurity = 5

/** Throws `DocumentError` for what is no PDF, or cannot be read without a password. */
export async function openPdf(path: string, bytes: number): Promise<PdfFile> {
  const engine = await startEngine()
  const file = openSync(path, 'r')
  try {
    const document = load(engine, { file, bytes })
    return toPdfFile(engine, { document, file })
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function load(engine: Engine, { file, bytes }: { file: number; bytes: number }): number {
  const { pdfium } = engine
  const readBlock = (...[, position = 0, target = 0, size = 0]: number[]): number => {
    // Numbers come signed; offsets and addresses are not.
    const [from, to, length] = [position >>> 0, target >>> 0, size >>> 0]
    if (from + length > bytes) return 0
    return readSync(file, pdfium.HEAPU8, to, length, from) === length ? 1 : 0
  }
  const access = pdfium.wasmExports.malloc(12)
  pdfium.HEAP32.set([bytes, pdfium.addFunction(readBlock, 'iiiii'), 0], access / 4)
  const document = engine.FPDF_LoadCustomDocument(access, '')
  if (document !== 0) return document
  const reason = engine.FPDF_GetLastError()
  if (reason === passwordNeeded || reason === unknownSecurity) {
    throw invalid('The file is encrypted; save it without a password.')
  }
  throw invalid('The file is not a PDF, or is damaged.')
}

function toPdfFile(
  engine: Engine,
  { document, file }: { document: number; file: number },
): PdfFile {
  const box = engine.pdfium.wasmExports.malloc(16)

  function lines(index: number): PageLine[] {
    const page = engine.FPDF_LoadPage(document, index)
    if (page === 0) return []
    const text = engine.FPDFText_LoadPage(page)
    try {
      return text === 0 ? [] : linesOf(engine, { text, box })
    } finally {
      if (text !== 0) engine.FPDFText_ClosePage(text)
      engine.FPDF_ClosePage(page)
    }
  }

  return {
    pageCount: engine.FPDF_GetPageCount(document),
    lines,
    isWorn: () => engine.pdfium.HEAPU8.length > documentLimits.pdfBytes / 4,
    // The engine's memory goes with it.
    close: () => closeSync(file),
  }
}

interface PageText {
  text: number
  /** Four floats that boxes are written to. */
  box: number
}

function linesOf(engine: Engine, page: PageText): PageLine[] {
  const lines: PageLine[] = []
  const count = Math.min(engine.FPDFText_CountChars(page.text), documentLimits.pageCharacters)
  let line = ''
  let start = 0
  for (let index = 0; index <= count; index += 1) {
    const code = index < count ? engine.FPDFText_GetUnicode(page.text, index) : lineFeed
    if (code !== lineFeed && code !== carriageReturn) {
      line += character(code)
      continue
    }
    if (line.trim() !== '') lines.push(toLine(engine, { ...page, line, start, end: index }))
    line = ''
    start = index + 1
  }
  return lines
}

const lineFeed = 10
const carriageReturn = 13
/** What PDFium says for a hyphen at the end of a line. */
const hyphens = new Set([0x02, 0xad, 0xfffe])

function character(code: number): string {
  if (hyphens.has(code)) return '\u00ad'
  const isText = code >= 0x20 && code <= 0x10ffff && code !== 0xffff && code !== 0xfeff
  return isText ? String.fromCodePoint(code) : ' '
}

interface LineSpan extends PageText {
  line: string
  start: number
  end: number
}

function toLine(engine: Engine, { text, box, line, start, end }: LineSpan): PageLine {
  const indent = line.length - line.trimStart().length
  const first = boxOf(engine, { text, box, index: start + indent })
  const last = boxOf(engine, { text, box, index: end - 1 - (line.length - line.trimEnd().length) })
  const trimmed = line.trim()
  const isHyphenated = trimmed.endsWith('\u00ad')
  return {
    text: trimmed.replaceAll('\u00ad', '').normalize('NFC'),
    left: first.left,
    right: Math.max(first.right, last.right),
    // A hyphenated word brings along what stands in the line below.
    ...(last.top === last.bottom
      ? { top: first.top, bottom: first.bottom }
      : { top: last.top, bottom: last.bottom }),
    isHyphenated,
  }
}

function boxOf(
  engine: Engine,
  { text, box, index }: PageText & { index: number },
): { left: number; top: number; right: number; bottom: number } {
  const found = engine.FPDFText_GetLooseCharBox(text, index, box)
  const [left = 0, top = 0, right = 0, bottom = 0] = found
    ? engine.pdfium.HEAPF32.subarray(box / 4, box / 4 + 4)
    : []
  return { left, top, right, bottom }
}
