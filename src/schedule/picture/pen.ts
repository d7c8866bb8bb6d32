import type { Palette } from './colours.ts'
import { fitText } from './fit-text.ts'
import { fontFamilies, type FontRun, type Fonts, type TextStyle, type Weight } from './fonts.ts'
import { element, textNode, type Svg } from './svg.ts'

export interface Place {
  x: number
  y: number
}

export interface Frame extends Place {
  width: number
  height: number
}

export interface Label extends Place {
  text: string
  size: number
  /** Default: regular. */
  weight?: Weight
  fill: string
  /** Which part of the text `x` is; default: its start. */
  anchor?: 'middle' | 'end'
  /** Default: false. */
  isStruck?: boolean
}

export type DrawingFonts = Pick<Fonts, 'measure' | 'toDrawable' | 'toRuns'>

/** Writes texts that fit. */
export interface Pen {
  label: (label: Label) => Svg
  /** Lines of drawable characters that are no wider than `width`. */
  fit: (text: string, style: TextStyle, box: { width: number; maxLines: number }) => string[]
  oneLine: (text: string, style: TextStyle, width: number) => string
  measure: (text: string, style: TextStyle) => number
  /** A sign for classes at the same time. */
  conflictMark: (place: Place) => Svg
}

export function createPen(fonts: DrawingFonts, palette: Palette): Pen {
  const fit: Pen['fit'] = (text, style, box) =>
    fitText(fonts.toDrawable(text), { ...box, measure: (part) => fonts.measure(part, style) })

  const label: Pen['label'] = (wanted) => {
    const { text, x, y, size, weight = 'regular', fill, anchor, isStruck = false } = wanted
    const runs = fonts.toRuns(fonts.toDrawable(text))
    const draw = (run: FontRun, place: { x: number; anchor: Label['anchor'] }) => {
      const font = {
        'font-family': fontFamilies[run.font],
        'font-weight': run.font === 'text' && weight === 'bold' ? 700 : 400,
        'font-size': size,
        'text-decoration': isStruck ? 'line-through' : undefined,
      }
      // A space beside a sign of the other font is drawn too.
      const kept = run.text === run.text.trim() ? undefined : 'preserve'
      const attributes = { x: place.x, y, ...font, fill, 'text-anchor': place.anchor }
      return element('text', { ...attributes, 'xml:space': kept }, [textNode(run.text)])
    }
    const [first, ...others] = runs
    if (first && others.length === 0) return draw(first, { x, anchor })
    // The renderer draws nothing of a text in which the font changes.
    const widths = runs.map((run) => fonts.measure(run.text, { size, weight }))
    const total = widths.reduce((sum, each) => sum + each, 0)
    let at = x - (anchor === 'end' ? total : anchor === 'middle' ? total / 2 : 0)
    const parts = runs.map((run, index) => {
      const part = draw(run, { x: at, anchor: undefined })
      at += widths[index] ?? 0
      return part
    })
    return element('g', {}, parts)
  }

  return {
    label,
    fit,
    oneLine: (text, style, width) => fit(text, style, { width, maxLines: 1 })[0] ?? '',
    measure: (text, style) => fonts.measure(fonts.toDrawable(text), style),
    conflictMark({ x, y }) {
      const at = { x, y: y + 3.7, size: 10.5, weight: 'bold', anchor: 'middle' } as const
      return element('g', { class: 'conflict-mark' }, [
        element('circle', { cx: x, cy: y, r: 6.5, fill: palette.conflict }),
        label({ text: '!', ...at, fill: palette.onConflict }),
      ])
    },
  }
}

export function textStyle(size: number, weight: Weight = 'regular'): TextStyle {
  return { size, weight }
}

export function lineHeight({ size }: TextStyle): number {
  return Math.round(size * 1.3)
}
