/** Chinese characters, the punctuation that goes with them, and pictures take two places. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
/** Accents, and what joins pictures, have no place of their own. */
const graphemes = new Intl.Segmenter()

/** Places that a text takes where every letter is as wide as the other. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}
