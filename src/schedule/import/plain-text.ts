const numerals = '〇一二三四五六七八九'
const numeralRun = /[〇零○Ｏ一二两三四五六七八九十]+/gu

/** Full-width forms become ASCII, spaces single; what a cell says in characters stays. */
export function toPlain(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[\s\u200b\ufeff]+/gu, ' ')
    .trim()
}

/** 二〇二六年九月十一日 → 2026年9月11日. For texts that are nothing but a date, a time or a number. */
export function withDigits(text: string): string {
  return text.replaceAll(numeralRun, (run) => toDigits(run))
}

function toDigits(run: string): string {
  const plain = run.replaceAll(/[零○Ｏ]/gu, '〇').replaceAll('两', '二')
  if (!plain.includes('十')) {
    return plain.replaceAll(/./gu, (character) => `${numerals.indexOf(character)}`)
  }
  const [tens = '', ones = ''] = plain.split('十', 2)
  const ten = tens === '' ? 1 : numerals.indexOf(tens)
  const one = ones === '' ? 0 : numerals.indexOf(ones)
  return ten < 0 || one < 0 ? run : `${ten * 10 + one}`
}
