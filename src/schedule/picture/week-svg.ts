import type { Translate } from '../../i18n.ts'
import { classBlock, textStart } from './class-block.ts'
import { courseColours, palettes } from './colours.ts'
import { rangeName, weekdayOf } from './day-names.ts'
import type { TextStyle } from './fonts.ts'
import type { Placed } from './lanes.ts'
import { layOut, type Day, type MoreClasses, type PlacedClass } from './layout.ts'
import { createPen, textStyle, type DrawingFonts, type Frame, type Label } from './pen.ts'
import { element, type Svg } from './svg.ts'
import { datesOf, type BoundedWeek } from './week.ts'

export interface WeekSvgDeps {
  fonts: DrawingFonts
  t: Translate
}

export interface WeekSvg {
  source: string
  /** In pixels of a screen without magnification. */
  width: number
  height: number
}

const margin = 24
const gutter = 44
const titleHeight = 70
const dayHeadHeight = 58
const chipHeight = 24
const maxChips = 3
const footerHeight = 40
/** Columns of a week of five days and of a longer one. */
const columnWidths = { short: 186, long: 152 }
/** How much wider a day is with classes beside each other. */
const widthPerLane = 0.42
const maxGridWidth = 1_480

/** Draws a week. The text is bounded by `boundWeek`, so the picture is too. */
export function weekSvg(week: BoundedWeek, { fonts, t }: WeekSvgDeps): WeekSvg {
  return createDrawing(week, { fonts, t }).draw()
}

function createDrawing(week: BoundedWeek, { fonts, t }: WeekSvgDeps) {
  const layout = layOut(week)
  const palette = palettes[week.theme]
  const pen = createPen(fonts, palette)
  const { label, oneLine } = pen
  const coloursOf = courseColours(
    [...week.courses, ...week.classes.map(({ course_name }) => course_name)],
    week.theme,
  )
  const columns = columnsOf(layout.days)
  const chips = Math.max(0, ...layout.days.map(chipCount))
  const grid: Frame = {
    x: margin + gutter,
    y: titleHeight + dayHeadHeight + chips * chipHeight + (chips > 0 ? 8 : 0),
    width: columns.width,
    height: (layout.lastHour - layout.firstHour) * layout.pixelsPerHour,
  }
  const width = grid.x + grid.width + margin
  const height = Math.ceil(grid.y + grid.height + footerHeight + 12)
  const yOf = (minutes: number) => grid.y + (minutes / 60 - layout.firstHour) * layout.pixelsPerHour
  const columnX = (index: number) => grid.x + (columns.starts[index] ?? 0)
  const columnWidth = (index: number) => columns.widths[index] ?? 0

  function head(): Svg[] {
    const dates = datesOf(week)
    const range = rangeName(dates[0] ?? '', dates[6] ?? '', week.locale)
    const half = grid.width / 2
    const titled = week.title !== ''
    const titleStyle: TextStyle = { size: 21, weight: 'bold' }
    const line = [range, week.weekLabel].filter((part) => part !== null && part !== '').join(' · ')
    return [
      label({
        text: oneLine(titled ? week.title : range, titleStyle, grid.width),
        x: margin,
        y: 42,
        ...titleStyle,
        fill: palette.text,
      }),
      label({
        text: oneLine(titled ? line : (week.weekLabel ?? ''), textStyle(13.5), half + gutter),
        x: margin,
        y: 64,
        size: 13.5,
        fill: palette.muted,
      }),
    ]
  }

  function hourLines(): Svg[] {
    const hours = Array.from(
      { length: layout.lastHour - layout.firstHour + 1 },
      (_each, index) => layout.firstHour + index,
    )
    return hours.flatMap((hour) => {
      const y = yOf(hour * 60)
      const line = { x1: grid.x, x2: grid.x + grid.width, y1: y, y2: y, stroke: palette.line }
      const isNearNow = layout.nowMinutes !== null && Math.abs(yOf(layout.nowMinutes) - y) < 13
      const text = `${String(hour).padStart(2, '0')}:00`
      const at: Label = {
        text,
        x: grid.x - 10,
        y: y + 4,
        size: 11,
        fill: palette.muted,
        anchor: 'end',
      }
      return [element('line', line), ...(isNearNow ? [] : [label(at)])]
    })
  }

  function columnBack(day: Day, index: number): Svg[] {
    const x = columnX(index)
    const top = titleHeight + 14
    const frame = {
      x: x + 1,
      y: top,
      width: columnWidth(index) - 2,
      height: grid.y + grid.height - top,
    }
    const fill = day.holidays.length > 0 ? palette.holiday : day.isToday ? palette.today : undefined
    const classes = [day.isToday && 'today', day.holidays.length > 0 && 'holiday'].filter(Boolean)
    const back = { class: classes.join(' '), ...frame, rx: 10, fill }
    return fill === undefined ? [] : [element('rect', back)]
  }

  function columnHead(day: Day, index: number): Svg[] {
    const middle = columnX(index) + columnWidth(index) / 2
    const number = String(Number(day.date.slice(8)))
    const y = titleHeight + 38
    const weekday: Label = {
      text: weekdayOf(day.date, week.locale),
      x: middle - 5,
      y,
      size: 13,
      weight: day.isToday ? 'bold' : 'regular',
      fill: day.isToday ? palette.accent : palette.muted,
      anchor: 'end',
    }
    const date: Label = {
      text: number,
      x: middle + 16,
      y,
      size: 15,
      weight: 'bold',
      fill: day.isToday ? palette.onAccent : palette.text,
      anchor: 'middle',
    }
    const mark = element('circle', { cx: middle + 16, cy: y - 5.3, r: 13.5, fill: palette.accent })
    return [label(weekday), ...(day.isToday ? [mark] : []), label(date)]
  }

  function columnChips(day: Day, index: number): Svg[] {
    const left = chipCount(day)
    const x = columnX(index) + 5
    const chipWidth = columnWidth(index) - 10
    const entries = chipsOf(day)
    return Array.from({ length: left }, (_each, row) => {
      const frame: Frame = {
        x,
        y: titleHeight + dayHeadHeight + row * chipHeight,
        width: chipWidth,
        height: chipHeight - 4,
      }
      const chip = entries[row]
      const rest = entries.length - maxChips + 1
      if (row === maxChips - 1 && rest > 1) return moreChip(rest, frame)
      return chip ? drawChip(chip, frame) : []
    }).flat()
  }

  function moreChip(number: number, { x, y, width: max }: Frame): Svg[] {
    const text = oneLine(t('picture.more', { number }), textStyle(11), max - 8)
    return [label({ text, x: x + 8, y: y + 14, size: 11, fill: palette.muted })]
  }

  function drawChip(chip: Chip, { x, y, width: chipWidth, height: chipHigh }: Frame): Svg[] {
    if (chip.kind === 'holiday') {
      const text = oneLine(chip.text, textStyle(11.5, 'bold'), chipWidth - 12)
      const at = { x: x + chipWidth / 2, y: y + 14.5, anchor: 'middle' } as const
      return [label({ text, ...at, size: 11.5, weight: 'bold', fill: palette.holidayText })]
    }
    const { bar } = coloursOf(chip.course ?? chip.text)
    const text = oneLine(`${chip.time} ${chip.text}`, textStyle(11), chipWidth - 26)
    const box = { class: 'assignment', x, y, width: chipWidth, height: chipHigh, rx: 5 }
    return [
      element('rect', { ...box, fill: palette.card }),
      element('circle', {
        cx: x + 11,
        cy: y + 10,
        r: 4,
        fill: 'none',
        stroke: bar,
        'stroke-width': 2,
      }),
      label({ text, x: x + 21, y: y + 14, size: 11, fill: palette.text }),
    ]
  }

  function laneFrame(
    span: Pick<Placed<PlacedClass>, 'from' | 'to' | 'lane' | 'lanes'>,
    index: number,
  ) {
    const inner = columnWidth(index) - 8
    const laneWidth = inner / span.lanes
    const top = yOf(span.from)
    const full = yOf(span.to) - top - 2
    return {
      x: columnX(index) + 4 + span.lane * laneWidth,
      y: Math.min(top + 1, grid.y + grid.height - 29),
      width: laneWidth - (span.lane === span.lanes - 1 ? 0 : 3),
      height: Math.max(28, full),
    }
  }

  function drawClass(placed: Placed<PlacedClass>, index: number): Svg {
    const colours = coloursOf(placed.meeting.course_name)
    const { conflict } = palette
    return classBlock(placed, laneFrame(placed, index), { pen, t, colours, conflict })
  }

  function drawMore(more: MoreClasses, index: number): Svg[] {
    const frame = laneFrame(more, index)
    const text = `+${more.number}`
    const at = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 + 5 }
    return [
      element('rect', {
        class: 'more',
        ...frame,
        rx: 7,
        fill: palette.card,
        stroke: palette.conflict,
      }),
      label({ text, ...at, size: 13, weight: 'bold', fill: palette.text, anchor: 'middle' }),
    ]
  }

  /** Beneath the classes, so that their texts can be read: faint, and today strong. */
  function nowBehind(minutes: number): Svg[] {
    const y = yOf(minutes)
    const today = layout.days.findIndex(({ isToday }) => isToday)
    const x = columnX(today)
    const line = { y1: y, y2: y, stroke: palette.now }
    const across = { x1: grid.x, x2: grid.x + grid.width, 'stroke-opacity': 0.3 }
    const ofToday = { class: 'now', x1: x, x2: x + columnWidth(today), 'stroke-width': 2 }
    return [element('line', { ...line, ...across }), element('line', { ...line, ...ofToday })]
  }

  /** Before the classes: where the line begins, and the time. A line through a class would strike it out. */
  function nowInFront(minutes: number): Svg[] {
    const y = yOf(minutes)
    const today = layout.days.findIndex(({ isToday }) => isToday)
    const x = columnX(today)
    const begin = { x1: x, x2: x + textStart, y1: y, y2: y, stroke: palette.now }
    const pill = { x: grid.x - 48, y: y - 9, width: 44, height: 18, rx: 9, fill: palette.now }
    const at = { x: grid.x - 26, y: y + 4, size: 11, anchor: 'middle' } as const
    const time = [Math.floor(minutes / 60), minutes % 60]
    const text = time.map((part) => String(part).padStart(2, '0')).join(':')
    return [
      element('line', { ...begin, 'stroke-width': 2 }),
      element('circle', { cx: x, cy: y, r: 4.5, fill: palette.now }),
      element('rect', pill),
      label({ text, ...at, weight: 'bold', fill: palette.onNow }),
    ]
  }

  function emptyNote(): Svg[] {
    const text = t('picture.empty')
    const style: TextStyle = { size: 17, weight: 'bold' }
    const noteWidth = pen.measure(text, style) + 56
    const x = grid.x + (grid.width - noteWidth) / 2
    const y = grid.y + grid.height / 2 - 26
    const box = { x, y, width: noteWidth, height: 52, rx: 26, fill: palette.card }
    const at = { x: grid.x + grid.width / 2, y: y + 32, anchor: 'middle' } as const
    return [element('rect', box), label({ text, ...at, ...style, fill: palette.text })]
  }

  function footer(): Svg[] {
    const y = height - 20
    const zone = t('picture.zone', { timeZone: week.timeZone })
    const right = grid.x + grid.width
    const hidden = week.hidden > 0 ? t('picture.hidden', { number: week.hidden }) : ''
    const legend = layout.hasConflicts
      ? [
          pen.conflictMark({ x: margin + 7, y: y - 4 }),
          label({ text: t('picture.conflict'), x: margin + 20, y, size: 12, fill: palette.muted }),
        ]
      : []
    const notes = [hidden, oneLine(zone, textStyle(12), grid.width / 2)].filter(
      (note) => note !== '',
    )
    return [
      ...legend,
      label({ text: notes.join(' · '), x: right, y, size: 12, fill: palette.muted, anchor: 'end' }),
    ]
  }

  function separators(): Svg[] {
    return layout.days.slice(1).map((_day, index) => {
      const x = columnX(index + 1)
      return element('line', {
        x1: x,
        x2: x,
        y1: titleHeight + 22,
        y2: grid.y + grid.height,
        stroke: palette.line,
      })
    })
  }

  return {
    draw(): WeekSvg {
      const each = (part: (day: Day, index: number) => Svg[]) => layout.days.flatMap(part)
      const attributes = {
        xmlns: 'http://www.w3.org/2000/svg',
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
      }
      const source = element('svg', attributes, [
        element('rect', { width, height, fill: palette.background }),
        ...head(),
        ...each(columnBack),
        ...separators(),
        ...hourLines(),
        ...(layout.nowMinutes === null ? [] : nowBehind(layout.nowMinutes)),
        ...each(columnHead),
        ...each(columnChips),
        ...each((day, index) => day.classes.map((placed) => drawClass(placed, index))),
        ...each((day, index) => day.more.flatMap((more) => drawMore(more, index))),
        ...(week.classes.length === 0 ? emptyNote() : []),
        ...(layout.nowMinutes === null ? [] : nowInFront(layout.nowMinutes)),
        ...footer(),
      ])
      return { source, width, height }
    },
  }
}

type Chip =
  | { kind: 'holiday'; text: string }
  | { kind: 'assignment'; text: string; time: string; course: string | null }

function chipsOf({ holidays, assignments }: Day): Chip[] {
  return [
    ...holidays.map((text) => ({ kind: 'holiday' as const, text })),
    ...assignments.map(({ title, course_name, due_time }) => ({
      kind: 'assignment' as const,
      text: title,
      time: due_time.slice(0, 5),
      course: course_name,
    })),
  ]
}

function chipCount(day: Day): number {
  return Math.min(maxChips, chipsOf(day).length)
}

/** A day with classes beside each other is wider, as far as the picture does not get too wide. */
function columnsOf(days: readonly Day[]): { starts: number[]; widths: number[]; width: number } {
  const base = days.length > 5 ? columnWidths.long : columnWidths.short
  const wished = days.map(({ classes }) => {
    const lanes = Math.max(1, ...classes.map((placed) => placed.lanes))
    return Math.round(base * (1 + (lanes - 1) * widthPerLane))
  })
  const sum = wished.reduce((total, each) => total + each, 0)
  const widths = wished.map((each) => Math.floor(each * Math.min(1, maxGridWidth / sum)))
  const starts = widths.map((_each, index) =>
    widths.slice(0, index).reduce((total, each) => total + each, 0),
  )
  return { starts, widths, width: widths.reduce((total, each) => total + each, 0) }
}
