/** How a document is read. */
export type Format =
  | 'pdf'
  | 'docx'
  | 'doc'
  | 'pptx'
  | 'html'
  | 'markdown'
  | 'latex'
  /** Plain text and code. */
  | 'text'

const formats = new Map<string, Format>([
  ['pdf', 'pdf'],
  ['docx', 'docx'],
  ['doc', 'doc'],
  ['pptx', 'pptx'],
  ['html', 'html'],
  ['md', 'markdown'],
  ['tex', 'latex'],
  ['c', 'text'],
  ['cpp', 'text'],
  ['cs', 'text'],
  ['css', 'text'],
  ['go', 'text'],
  ['java', 'text'],
  ['js', 'text'],
  ['json', 'text'],
  ['php', 'text'],
  ['py', 'text'],
  ['rb', 'text'],
  ['sh', 'text'],
  ['ts', 'text'],
  ['txt', 'text'],
])

/** The extensions of files that can be searched, without the dot, as the hosted API names them. */
export const searchableExtensions: readonly string[] = [...formats.keys()].toSorted()

/** Whether files of this name may be put into a vector store; case does not matter. */
export function isSearchable(filename: string): boolean {
  return formatOf(filename) !== undefined
}

/** By the extension; undefined where it is none of those that can be searched. */
export function formatOf(filename: string): Format | undefined {
  const extension = /\.([a-z]+)$/iu.exec(filename.trimEnd())?.[1]
  return extension === undefined ? undefined : formats.get(extension.toLowerCase())
}
