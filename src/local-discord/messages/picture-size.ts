export interface PictureSize {
  width: number
  height: number
}

/** The size that the header of a PNG, GIF, JPEG or WebP names; nothing for other bytes. */
export function pictureSize(bytes: Uint8Array): PictureSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  if (magic.startsWith('\x89PNG') && bytes.length >= 24)
    return { width: view.getUint32(16), height: view.getUint32(20) }
  if (magic.startsWith('GIF8') && bytes.length >= 10)
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) }
  if (magic.startsWith('\xff\xd8')) return jpegSize(view)
  if (magic.startsWith('RIFF') && magic.endsWith('WEBPVP8X') && bytes.length >= 30)
    return { width: uint24(bytes, 24) + 1, height: uint24(bytes, 27) + 1 }
  return undefined
}

/** Walks the segments to the first start-of-frame marker. */
function jpegSize(view: DataView): PictureSize | undefined {
  let at = 2
  while (at + 9 < view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}

const uint24 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
