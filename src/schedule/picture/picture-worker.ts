import { readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'

import { initWasm, Resvg } from '@resvg/resvg-wasm'

import { createTranslations } from '../../i18n.ts'
import { loadFonts } from './fonts.ts'
import { toPng } from './png.ts'
import { weekSvg } from './week-svg.ts'
import type { BoundedWeek } from './week.ts'

/** What a picture is asked for with, and what comes back. */
export interface PictureJob {
  id: number
  week: BoundedWeek
}
export interface PictureResult {
  id: number
  png: Uint8Array
}

/** Two pixels for each of a screen without magnification. */
const scale = 2

const fonts = loadFonts()
const translations = createTranslations()
await initWasm(readFileSync(new URL(import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'))))

function render(source: string): Uint8Array {
  const resvg = new Resvg(source, {
    fitTo: { mode: 'zoom', value: scale },
    font: { fontBuffers: fonts.files, loadSystemFonts: false },
  })
  const image = resvg.render()
  const { width, height, pixels } = image
  image.free()
  resvg.free()
  return toPng({ width, height, pixels })
}

parentPort?.on('message', ({ id, week }: PictureJob) => {
  const { source } = weekSvg(week, { fonts, t: translations(week.locale) })
  const png = render(source)
  parentPort?.postMessage({ id, png } satisfies PictureResult)
})
