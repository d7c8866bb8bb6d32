/** Pictures of users and guilds, drawn as SVG: nothing is fetched and nothing is stored. */

/** A round melon with a face: the bot. */
export const botPicture = svg(`
  <rect width="96" height="96" fill="#dff5dc"/>
  <circle cx="48" cy="52" r="32" fill="#4caf50"/>
  <g fill="none" stroke="#2e7d32" stroke-width="4" stroke-linecap="round">
    <path d="M48 21q-4 31 0 62M33 25q-12 28 0 54M63 25q12 28 0 54"/>
    <path d="M48 20q1-8 9-9" stroke="#6d4c41"/>
  </g>
  <ellipse cx="60" cy="13" rx="8" ry="4" fill="#81c784"/>
  <circle cx="38" cy="50" r="4" fill="#1b3a1d"/><circle cx="58" cy="50" r="4" fill="#1b3a1d"/>
  <path d="M40 61q8 8 16 0" fill="none" stroke="#1b3a1d" stroke-width="3" stroke-linecap="round"/>
  <circle cx="31" cy="58" r="4" fill="#ff8a80" opacity=".7"/><circle cx="65" cy="58" r="4" fill="#ff8a80" opacity=".7"/>`)

/** The first letter of a name on a coloured ground; `hue` in degrees. */
export function letterPicture(name: string, hue: number): string {
  const letter = String.fromCodePoint(name.codePointAt(0) ?? 63)
  return svg(`
  <rect width="96" height="96" fill="hsl(${hue} 55% 45%)"/>
  <text x="48" y="50" fill="#fff" font-family="system-ui, 'Noto Sans CJK SC', sans-serif" font-size="44"
    text-anchor="middle" dominant-baseline="central">${escape(letter)}</text>`)
}

function svg(content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">${content}</svg>`
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
