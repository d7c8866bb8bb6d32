/** Rows as CSV; every cell in quotes that needs them (RFC 4180). */
export function stringify(rows: readonly (readonly string[])[], delimiter = ','): string {
  const quoted = (cell: string) =>
    /["\r\n]/u.test(cell) || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell
  return rows.map((row) => `${row.map(quoted).join(delimiter)}\r\n`).join('')
}
