import type { TermGroup } from './question.ts'
import { compact } from './text.ts'
import { toRecords, type Cell } from './tool-answer.ts'

/** The titles that stand in a sentence as a whole, or else the courses; null: none does. */
export function assignmentTerms(
  text: string,
  names: { columns: string[]; rows: Cell[][] },
): TermGroup | null {
  const records = toRecords(names)
  const sentence = compact(text)
  const said = (column: 'title' | 'course_name'): string[] => {
    const all = [...new Set(records.map((record) => String(record[column] ?? '')))]
    const found = all.filter((name) => name.length > 1 && sentence.includes(compact(name)))
    // 数据结构 is not meant where 数据结构实验 is said
    return found.filter(
      (name) => !found.some((other) => other !== name && compact(other).includes(compact(name))),
    )
  }
  const titles = said('title')
  const courses = titles.length > 0 ? [] : said('course_name')
  const [first] = [...titles, ...courses]
  if (first === undefined) return null
  return {
    any: [
      titles.length > 0
        ? { text: first, column: null, exact: titles, isTitle: true }
        : { text: first, column: 'course_name', exact: courses },
    ],
    not: false,
  }
}
