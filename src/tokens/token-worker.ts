import { parentPort } from 'node:worker_threads'

import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

import { cut } from './cut.ts'

/** What the counter asks of its worker, and what it gets back. */
export interface CountJob {
  id: number
  texts: string[]
}
export interface CountResult {
  id: number
  counts: number[]
}

// Text that looks like a control token is only text: by default the library throws.
const asText = { disallowedSpecial: new Set<string>() }

parentPort?.on('message', ({ id, texts }: CountJob) => {
  const counts = texts.map((text) =>
    cut(text).reduce((sum, piece) => sum + countTokens(piece, asText), 0),
  )
  parentPort?.postMessage({ id, counts } satisfies CountResult)
})
