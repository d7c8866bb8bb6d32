import { open as openFile } from 'node:fs/promises'

import { openPromise, type Entry, type ZipFile } from 'yauzl'

import { documentLimits } from '../limits.ts'
import { invalid, tooLarge } from '../refusals.ts'
import { createXmlReader, type XmlHandler } from './xml.ts'

/** The parts of a DOCX or PPTX file. */
export interface OfficePackage {
  has(part: string): boolean
  /** Reads a part to its end; after each piece `handler` has been called with, something is yielded. Nothing happens where there is none. */
  read(part: string, handler: XmlHandler): AsyncGenerator<void>
  close(): void
}

/**
 * Opens an Office document of a name like `.docx`. What its parts unpack to is counted as it comes, so
 * nothing that the archive says about sizes is believed. Throws `DocumentError`.
 */
export async function openPackage(path: string, extension: string): Promise<OfficePackage> {
  await assertArchive(path, extension)
  const zip = await readable(() => openPromise(path, { autoClose: false }))
  try {
    return toPackage(zip, await entriesOf(zip))
  } catch (error) {
    zip.close()
    throw error
  }
}

function toPackage(zip: ZipFile, entries: Map<string, Entry>): OfficePackage {
  let unpacked = 0

  async function* read(part: string, handler: XmlHandler): AsyncGenerator<void> {
    const entry = entries.get(part.toLowerCase())
    if (!entry) return
    // What it says is at most what comes, or reading it fails.
    if (unpacked + entry.uncompressedSize > documentLimits.unpackedBytes) throw tooLarge()
    const reader = createXmlReader(handler)
    let decoder: TextDecoder | undefined
    for await (const bytes of unpackedBytes(zip, entry)) {
      unpacked += bytes.length
      if (unpacked > documentLimits.unpackedBytes) throw tooLarge()
      decoder ??= new TextDecoder(xmlEncoding(bytes))
      reader.write(decoder.decode(bytes, { stream: true }))
      yield
    }
    reader.write(decoder?.decode() ?? '')
    reader.end()
    yield
  }

  return { has: (part) => entries.has(part.toLowerCase()), read, close: () => zip.close() }
}

async function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > documentLimits.archiveEntries) throw tooLarge()
  const entries = new Map<string, Entry>()
  await readable(async () => {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName.toLowerCase(), entry)
  })
  return entries
}

async function* unpackedBytes(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  if (entry.isEncrypted()) throw invalid('The file has a password; save it without one.')
  const stream = await readable(() => zip.openReadStreamPromise(entry))
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> // a byte stream's
  try {
    for (;;) {
      const next = await readable(() => pieces.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    stream.destroy()
  }
}

/** What the archive's reader throws is the document's fault, unless the file itself cannot be read. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error
    throw invalid('The file is damaged or cut off: it cannot be unpacked.')
  }
}

function xmlEncoding(start: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}

/** The first bytes of a file, fewer if it is shorter. */
export async function firstBytes(path: string, length: number): Promise<Buffer> {
  const file = await openFile(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** The container of Word 97–2003, and of newer documents with a password ([MS-OFFCRYPTO] 2.3.1). */
export function isCompoundFile(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, 4)).toString('hex') === 'd0cf11e0'
}

export function isArchive(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, 4)).toString('hex') === '504b0304'
}

async function assertArchive(path: string, extension: string): Promise<void> {
  const start = await firstBytes(path, 8)
  if (isArchive(start)) return
  const message = isCompoundFile(start)
    ? `The file has a password, or is in the format of Office 97–2003; save it as ${extension} without a password.`
    : `The file is not a ${extension} document, although its name says so.`
  throw invalid(message)
}
