/** Puts common English words of a question right that are misspelt by a letter. */

/** Misspellings and short forms that are further away from what they mean. */
const aliases: Readonly<Record<string, string>> = {
  tonite: 'tonight',
  '2nite': 'tonight',
  '2day': 'today',
  '2morrow': 'tomorrow',
  tmr: 'tomorrow',
  tmrw: 'tomorrow',
  tmw: 'tomorrow',
  tommorow: 'tomorrow',
  wensday: 'wednesday',
  wendsday: 'wednesday',
  wednsday: 'wednesday',
  any1: 'anyone',
  wat: 'what',
  wut: 'what',
  whats: "what's",
  whos: "who's",
  whens: "when's",
  wheres: "where's",
}

const words =
  'monday tuesday wednesday thursday friday saturday sunday weekend today tomorrow yesterday tonight morning afternoon evening january february september october november december schedule timetable calendar teacher teachers teaches teaching instructor lesson lessons lecture classes course courses'.split(
    ' ',
  )
const known = new Set(words)
/** Right as they are, and a letter away from a word above. */
const others = new Set(
  'coarse coursed mourning glasses clashes lessen reaches preaches leaches peaches passes masses tester'.split(
    ' ',
  ),
)
/** Shorter words are too much like others. */
const minLength = 6

export function respell(text: string): string {
  return text.replaceAll(/[A-Za-z0-9]+/g, (word) => {
    const lower = word.toLowerCase()
    const alias = Object.hasOwn(aliases, lower) ? aliases[lower] : undefined
    if (alias !== undefined) return alias
    if (
      lower.length < minLength ||
      known.has(lower.replace(/s$/, '')) ||
      known.has(lower) ||
      others.has(lower)
    )
      return word
    return words.find((right) => right.length >= minLength && isNearly(right, lower)) ?? word
  })
}

/** One letter wrong, missing or too many, or two neighbours swapped. */
export function isNearly(right: string, word: string): boolean {
  if (Math.abs(right.length - word.length) > 1) return false
  let start = 0
  while (start < right.length && right[start] === word[start]) start += 1
  const rest = (text: string, skip: number): string => text.slice(start + skip)
  const isSwapped =
    right[start] === word[start + 1] &&
    right[start + 1] === word[start] &&
    rest(right, 2) === rest(word, 2)
  return (
    isSwapped ||
    rest(right, 1) === rest(word, 1) ||
    rest(right, 1) === rest(word, 0) ||
    rest(right, 0) === rest(word, 1)
  )
}
