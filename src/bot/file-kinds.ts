import type OpenAI from 'openai'

/** The tools that the runtime executes itself and that work with files. */
export type FileTool = 'file_search' | 'code_interpreter'

/** Documents: their bytes mean nothing to a program that was written in a moment. */
const forSearch = ['doc', 'docx', 'pdf', 'pptx']
// oxfmt-ignore
const forBoth = [
  'c', 'cpp', 'cs', 'css', 'go', 'html', 'java', 'js', 'json', 'md', 'php', 'py', 'rb', 'sh', 'tex', 'ts', 'txt',
]
const forCode = ['csv', 'gif', 'jpeg', 'jpg', 'png', 'tar', 'xlsx', 'xml', 'zip']

const tools = new Map<string, readonly FileTool[]>([
  ...forSearch.map((extension) => [extension, ['file_search']] as const),
  ...forBoth.map((extension) => [extension, ['file_search', 'code_interpreter']] as const),
  ...forCode.map((extension) => [extension, ['code_interpreter']] as const),
])

/** The tools that can work with a file of this name, by its extension; none: no tool can. */
export function toolsForFile(name: string): readonly FileTool[] {
  return tools.get(extensionOf(name)) ?? []
}

/** Whether a file of this name can be searched. */
export function isSearchable(name: string): boolean {
  return toolsForFile(name).includes('file_search')
}

/** What a message's attachment says which tools the file is for. */
export function toAttachmentTools(
  given: readonly FileTool[],
): NonNullable<OpenAI.Beta.Threads.MessageCreateParams.Attachment['tools']> {
  return given.map((type) => ({ type }))
}

function extensionOf(name: string): string {
  return /\.([a-z]+)\s*$/i.exec(name)?.[1]?.toLowerCase() ?? ''
}
