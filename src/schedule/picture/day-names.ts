import type { Locale } from '../../i18n.ts'

/** By way of UTC: Node's own formatting of plain dates writes Chinese months as bare numbers. */
const at = (date: string): number => Date.parse(`${date}T00:00:00Z`)

const formats = { en: formatsOf('en'), 'zh-CN': formatsOf('zh-CN') }

function formatsOf(locale: Locale) {
  const make = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })
  return {
    weekday: make({ weekday: 'short' }),
    day: make({ weekday: 'long', month: 'long', day: 'numeric' }),
    range: make({ year: 'numeric', month: 'long', day: 'numeric' }),
  }
}

/** `Mon`, `周一`. */
export function weekdayOf(date: string, locale: Locale): string {
  return formats[locale].weekday.format(at(date))
}

/** `Monday, November 23`. */
export function dayName(date: string, locale: Locale): string {
  return formats[locale].day.format(at(date))
}

/** `November 23 – 29, 2026`, `2026年11月23日 – 29日`. */
export function rangeName(first: string, last: string, locale: Locale): string {
  if (locale === 'en') {
    return formats.en.range.formatRange(at(first), at(last)).replaceAll(/[\u2009\u202f]/gu, ' ')
  }
  const [year = '', month = '', day = ''] = last.split('-')
  const end = [
    first.startsWith(year) ? '' : `${Number(year)}年`,
    first.startsWith(`${year}-${month}`) ? '' : `${Number(month)}月`,
    `${Number(day)}日`,
  ]
  return `${formats[locale].range.format(at(first))} – ${end.join('')}`
}
