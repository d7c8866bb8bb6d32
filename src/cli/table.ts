/** Rows of cells in columns of equal width, the first to the left and numbers to the right. */
export function toTable(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - widthOf(cell))
        return column === 0 ? cell + space : space + cell
      })
      .join('  ')
      .trimEnd(),
  )
  return lines.join('\n')
}

/** Chinese characters, and the punctuation that goes with them, take two places of a terminal. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/gu

function widthOf(text: string): number {
  return [...text].length + (text.match(wide)?.length ?? 0)
}
