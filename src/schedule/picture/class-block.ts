import type { Translate } from '../../i18n.ts'
import type { CourseColours } from './colours.ts'
import type { TextStyle } from './fonts.ts'
import type { Placed } from './lanes.ts'
import type { PlacedClass } from './layout.ts'
import { lineHeight, textStyle, type Frame, type Pen } from './pen.ts'
import { element, type Svg } from './svg.ts'

export interface ClassBlockDeps {
  pen: Pen
  t: Translate
  colours: CourseColours
  /** The outline of classes at the same time. */
  conflict: string
}

/** From left to the text, and from the text to the right. */
export const textStart = 14
const textEnd = 6
const markWidth = 13

/** A class in its place in the grid, with as much text as there is room for. */
export function classBlock(
  placed: Placed<PlacedClass>,
  frame: Frame,
  { pen, t, colours, conflict }: ClassBlockDeps,
): Svg {
  const outline = placed.conflict ? { stroke: conflict, 'stroke-width': 1.5 } : {}
  const bar = { x: frame.x + 4, y: frame.y + 5, width: 3.5, height: frame.height - 10, rx: 1.75 }
  const { meeting } = placed
  return element(
    'g',
    { class: classesOf(placed), 'data-id': meeting.id, opacity: placed.isOff ? 0.5 : undefined },
    [
      element('rect', { ...frame, rx: 7, fill: colours.fill, ...outline }),
      element('rect', { ...bar, fill: colours.bar }),
      ...writeLines(placed, frame, { pen, t, colours }),
      ...(placed.conflict
        ? [pen.conflictMark({ x: frame.x + frame.width - 9, y: frame.y + 9 })]
        : []),
    ],
  )
}

function classesOf({ conflict, isOff }: Placed<PlacedClass>): string {
  return ['class', conflict && 'conflict', isOff && 'off'].filter(Boolean).join(' ')
}

type TextDeps = Pick<ClassBlockDeps, 'pen' | 't' | 'colours'>

function writeLines(placed: Placed<PlacedClass>, frame: Frame, deps: TextDeps): Svg[] {
  const { meeting, conflict } = placed
  const { pen, t, colours } = deps
  const width = frame.width - textStart - textEnd
  const nameStyle = nameStyleFor(meeting.course_name, width, pen)
  const small = textStyle(frame.width < 84 ? 10.5 : 11.5)
  const height = frame.height - 10
  if (height < lineHeight(nameStyle) + lineHeight(small)) {
    return writeOneLine(placed, frame, { ...deps, nameStyle, small })
  }
  const time = timeFor(placed, width - (conflict ? markWidth : 0), (text) =>
    pen.measure(text, small),
  )
  const top = time === '' ? (conflict ? [''] : []) : [time]
  let left = height - top.length * lineHeight(small)
  const maxLines = Math.max(1, Math.min(5, Math.floor(left / lineHeight(nameStyle))))
  const names = pen.fit(meeting.course_name, nameStyle, { width, maxLines })
  left -= names.length * lineHeight(nameStyle)
  const where = meeting.room || (meeting.online_url ? t('picture.online') : '')
  const parts = [where, meeting.instructor].filter((part) => part !== '')
  const details = fitDetails(parts, { pen, style: small, width, height: left })
  const line = (style: TextStyle, fill: string) => (text: string) => ({ text, style, fill })
  const isStruck = placed.isOff
  const lines = [
    ...top.map(line(small, colours.detail)),
    ...names.map((text) => ({ text, style: nameStyle, fill: colours.text, isStruck })),
    ...details.map(line(small, colours.detail)),
  ]
  let y = frame.y + 4.5
  return lines.map(({ style, ...written }) => {
    y += lineHeight(style)
    return pen.label({ ...written, ...style, x: frame.x + textStart, y: y - style.size * 0.32 })
  })
}

/** The name, and after it the time if there is room. */
function writeOneLine(
  placed: Placed<PlacedClass>,
  frame: Frame,
  {
    pen,
    colours,
    nameStyle,
    small,
  }: Omit<TextDeps, 't'> & { nameStyle: TextStyle; small: TextStyle },
): Svg[] {
  const width = frame.width - textStart - textEnd - (placed.conflict ? markWidth : 0)
  const text = pen.oneLine(placed.meeting.course_name, nameStyle, width)
  const x = frame.x + textStart
  const y = frame.y + frame.height / 2 + nameStyle.size * 0.36
  const after = pen.measure(text, nameStyle) + 8
  const time = timeFor(placed, width - after, (each) => pen.measure(each, small))
  const isStruck = placed.isOff
  const name = pen.label({ text, x, y, ...nameStyle, fill: colours.text, isStruck })
  if (time === '') return [name]
  return [name, pen.label({ text: time, x: x + after, y, ...small, fill: colours.detail })]
}

/** The largest size, of those that can be read, in which the name fits or at least no word is broken. */
function nameStyleFor(name: string, width: number, pen: Pen): TextStyle {
  const oneLine = [14, 13].find((size) => pen.measure(name, textStyle(size, 'bold')) <= width)
  if (oneLine !== undefined) return textStyle(oneLine, 'bold')
  const words = name.split(/(?<=[-\s])|(?=\p{Script=Han})|(?<=\p{Script=Han})/u)
  const fits = (size: number) =>
    words.every((word) => pen.measure(word.trim(), textStyle(size, 'bold')) <= width)
  const size = [14, 13, 12, 11, 10].find(fits) ?? (width < 64 ? 11 : 13)
  return textStyle(size, 'bold')
}

/** Both times, the start, or nothing. */
function timeFor(
  { meeting }: Placed<PlacedClass>,
  width: number,
  measure: (text: string) => number,
): string {
  const [start, end] = [meeting.start_time.slice(0, 5), meeting.end_time.slice(0, 5)]
  return [`${start}–${end}`, start].find((text) => measure(text) <= width) ?? ''
}

interface DetailsBox {
  pen: Pen
  style: TextStyle
  width: number
  height: number
}

/** Room and teacher beside each other if they fit, else in a line each, else cut. */
function fitDetails(parts: readonly string[], { pen, style, width, height }: DetailsBox): string[] {
  const lines = Math.floor(height / lineHeight(style))
  if (parts.length === 0 || lines < 1) return []
  const joined = parts.join(' · ')
  if (lines < parts.length || pen.measure(joined, style) <= width) {
    return [pen.oneLine(joined, style, width)]
  }
  return parts.map((part) => pen.oneLine(part, style, width))
}
