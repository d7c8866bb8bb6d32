const headerBytes = 8
const memorySection = 5
const pageBytes = 64 * 1024

/**
 * Lowers the most that a WebAssembly module's own memory may grow to, in place. The engine then
 * refuses every page beyond it, whatever code asks. Throws when the module does not declare exactly
 * one memory with a maximum (core specification, 5.5.8 "Memory Section").
 */
export function capWasmMemory(wasm: Uint8Array, maxBytes: number): void {
  let offset = headerBytes
  while (offset < wasm.length) {
    const id = wasm[offset]
    const size = readLeb(wasm, offset + 1)
    if (id === memorySection) return capMemorySection(wasm, size.end, maxBytes)
    offset = size.end + size.value
  }
  throw new Error('the WebAssembly module declares no memory')
}

function capMemorySection(wasm: Uint8Array, start: number, maxBytes: number): void {
  const count = readLeb(wasm, start)
  const hasMaximum = wasm[count.end] === 1
  if (count.value !== 1 || !hasMaximum) {
    throw new Error('the WebAssembly module does not declare one memory with a maximum')
  }
  const minimum = readLeb(wasm, count.end + 1)
  const maximum = readLeb(wasm, minimum.end)
  const pages = Math.min(maximum.value, Math.floor(maxBytes / pageBytes))
  if (pages < minimum.value)
    throw new Error('the WebAssembly module needs more memory than allowed')
  writeLeb(wasm.subarray(minimum.end, maximum.end), pages)
}

function readLeb(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0
  let end = start
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[end] ?? 0
    value += (byte & 0x7f) * 2 ** shift
    end += 1
    if (byte < 0x80) return { value, end }
  }
  throw new Error('the WebAssembly module holds a malformed number')
}

/** Fills the whole target, padded with zero groups, so that no later byte of the module moves. */
function writeLeb(target: Uint8Array, value: number): void {
  let rest = value
  for (let index = 0; index < target.length; index += 1) {
    const more = index < target.length - 1
    target[index] = (rest & 0x7f) | (more ? 0x80 : 0)
    rest >>>= 7
  }
}
