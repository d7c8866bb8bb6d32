import { readFileSync } from 'node:fs'

import { create, type Font } from 'fontkitten'

export type Weight = 'regular' | 'bold'

export interface TextStyle {
  /** Height of an em in pixels. */
  size: number
  weight: Weight
}

export interface Fonts {
  /** The files, for the renderer. */
  files: Uint8Array[]
  /** How wide a text of drawable characters is, in pixels. */
  measure(text: string, style: TextStyle): number
  /** The renderer finds no other font by itself for what one lacks. */
  toRuns(text: string): FontRun[]
  /** The text with a box for each character that no font has. */
  toDrawable(text: string): string
}

/** The names by which the renderer finds the fonts. */
export const fontFamilies = { text: 'Noto Sans S Chinese', emoji: 'Noto Emoji' } as const

/** A stretch of a text that one font has all of. */
export interface FontRun {
  text: string
  font: keyof typeof fontFamilies
}

/** Reads the fonts: 17 MB for Chinese in two weights, 1 MB for emoji. Not for the main thread. */
export function loadFonts(): Fonts {
  const chinese = import.meta.resolve('@embedpdf/fonts-sc')
  const regularFile = readFileSync(new URL('../fonts/NotoSansHans-Regular.otf', chinese))
  const boldFile = readFileSync(new URL('../fonts/NotoSansHans-Bold.otf', chinese))
  const emojiFile = readFileSync(
    new URL(
      import.meta.resolve('@expo-google-fonts/noto-emoji/400Regular/NotoEmoji_400Regular.ttf'),
    ),
  )
  const fonts = { regular: open(regularFile), bold: open(boldFile) }
  const emoji = open(emojiFile)
  const widths = { regular: new Map<string, number>(), bold: new Map<string, number>() }

  /** In ems. What is joined to one sign, as emoji are, is as wide as one. */
  function widthOf(grapheme: string, weight: Weight): number {
    const known = widths[weight].get(grapheme)
    if (known !== undefined) return known
    const points = Array.from(grapheme, (character) => character.codePointAt(0) ?? 0)
    const own = fonts[weight]
    const width = hasAll(own, grapheme)
      ? points.reduce((sum, point) => sum + advance(own, point), 0)
      : advance(emoji, points[0] ?? 0)
    if (widths[weight].size < 10_000) widths[weight].set(grapheme, width)
    return width
  }

  return {
    files: [regularFile, boldFile, emojiFile],
    measure: (text, { size, weight }) =>
      graphemesOf(text).reduce((sum, grapheme) => sum + widthOf(grapheme, weight), 0) * size,
    toRuns(text) {
      const runs: FontRun[] = []
      for (const grapheme of graphemesOf(text)) {
        const font = hasAll(fonts.regular, grapheme) ? 'text' : 'emoji'
        const last = runs.at(-1)
        if (last?.font === font) last.text += grapheme
        else runs.push({ text: grapheme, font })
      }
      return runs
    },
    toDrawable: (text) =>
      graphemesOf(straighten(text))
        .map((grapheme) => drawable(grapheme, { text: fonts.regular, emoji }))
        .join('')
        .replaceAll(/□{4,}/gu, '□□□'),
  }
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** What readers take for one sign each. */
export function graphemesOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

function drawable(grapheme: string, fonts: { text: Font; emoji: Font }): string {
  const points = Array.from(grapheme, (character) => character.codePointAt(0) ?? 0)
  if (hasAll(fonts.text, grapheme)) return grapheme
  if (points.length <= 12 && hasAll(fonts.emoji, grapheme)) return grapheme
  // Without the marks on it, a letter can still be read.
  const base = grapheme.normalize('NFD').codePointAt(0) ?? 0
  if (base === 0x200d) return ''
  return fonts.text.hasGlyphForCodePoint(base) ? String.fromCodePoint(base) : '□'
}

function hasAll(font: Font, grapheme: string): boolean {
  for (const character of grapheme) {
    if (!font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0)) return false
  }
  return true
}

/** The font's curly quotes are Chinese ones, as wide as a character: not for words in Latin letters. */
function straighten(text: string): string {
  return text
    .replaceAll(/(?<=[\p{Script=Latin}\d])[’‘]|[’‘](?=[\p{Script=Latin}\d])/gu, "'")
    .replaceAll(/(?<=[\p{Script=Latin}\d.,!?])[“”]|[“”](?=[\p{Script=Latin}\d])/gu, '"')
}

function open(file: Buffer): Font {
  const font = create(file)
  if (font.isCollection) throw new Error('expected a file with one font')
  return font
}

function advance(font: Font, point: number): number {
  return font.glyphForCodePoint(point).advanceWidth / font.unitsPerEm
}
