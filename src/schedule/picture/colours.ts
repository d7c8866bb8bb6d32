import type { Theme } from './week.ts'

/** The colours of everything but the courses. */
export interface Palette {
  background: string
  line: string
  text: string
  muted: string
  today: string
  accent: string
  onAccent: string
  card: string
  holiday: string
  holidayText: string
  now: string
  onNow: string
  conflict: string
  onConflict: string
}

export interface CourseColours {
  fill: string
  bar: string
  text: string
  detail: string
}

export const palettes: Readonly<Record<Theme, Palette>> = {
  light: {
    background: '#ffffff',
    line: '#e8eaef',
    text: '#1f2430',
    muted: '#636a79',
    today: '#f4f7ff',
    accent: '#3d5bd9',
    onAccent: '#ffffff',
    card: '#f1f2f5',
    holiday: '#faf2e6',
    holidayText: '#85530b',
    now: '#d92d2d',
    onNow: '#ffffff',
    conflict: '#c2410c',
    onConflict: '#ffffff',
  },
  dark: {
    background: '#1b1d22',
    line: '#2d3038',
    text: '#eceef2',
    muted: '#a0a7b6',
    today: '#212632',
    accent: '#8aa4ff',
    onAccent: '#14182a',
    card: '#292c34',
    holiday: '#282520',
    holidayText: '#e8c48d',
    now: '#ff6f6f',
    onNow: '#2a0c0c',
    conflict: '#ffa657',
    onConflict: '#2b1703',
  },
}

/** Degrees in OKLCH, in an order that keeps neighbours apart. */
const hues = [262, 150, 28, 310, 200, 75, 350, 125, 285, 178, 50, 232]

const shades = {
  light: { fill: [0.955, 0.028], bar: [0.6, 0.15], text: [0.33, 0.09], detail: [0.44, 0.07] },
  dark: { fill: [0.305, 0.045], bar: [0.74, 0.12], text: [0.95, 0.025], detail: [0.82, 0.04] },
} as const

/**
 * Each course's colours: by its name, so that it has the same ones in every week. Where two names ask for
 * the same colour, the second in order of code units takes the next one that is free.
 */
export function courseColours(
  names: Iterable<string>,
  theme: Theme,
): (name: string) => CourseColours {
  const taken = new Map<string, number>()
  const used = new Set<number>()
  for (const name of [...new Set(names)].toSorted()) {
    let hue = hash(name) % hues.length
    while (used.has(hue) && used.size < hues.length) hue = (hue + 1) % hues.length
    used.add(hue)
    taken.set(name, hue)
  }
  return (name) => colours(taken.get(name) ?? hash(name) % hues.length, theme)
}

function colours(index: number, theme: Theme): CourseColours {
  const hue = hues[index] ?? 0
  const { fill, bar, text, detail } = shades[theme]
  const at = ([lightness, chroma]: readonly [number, number]) => fromOklch(lightness, chroma, hue)
  return { fill: at(fill), bar: at(bar), text: at(text), detail: at(detail) }
}

/** FNV-1a. */
function hash(text: string): number {
  let sum = 0x811c9dc5
  for (const byte of Buffer.from(text)) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0
  return sum
}

/** OKLCH → sRGB; https://bottosson.github.io/posts/oklab/ */
function fromOklch(lightness: number, chroma: number, hue: number): string {
  const angle = (hue * Math.PI) / 180
  const a = chroma * Math.cos(angle)
  const b = chroma * Math.sin(angle)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return `#${linear.map(toByte).join('')}`
}

function toByte(linear: number): string {
  const value = Math.min(1, Math.max(0, linear))
  const encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055
  return Math.round(encoded * 255)
    .toString(16)
    .padStart(2, '0')
}
