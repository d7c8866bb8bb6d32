import type { Run } from '../store/store.ts'

/** Tools of the API that the runtime executes itself. To the model they are functions. */
export type HostedKind = 'file_search' | 'code_interpreter'

const names: Record<HostedKind, string> = { file_search: 'file_search', code_interpreter: 'python' }

/** What the function is called; the user's functions keep their names. */
export function hostedName(kind: HostedKind, { tools }: Pick<Run, 'tools'>): string {
  const taken = new Set(tools.map((tool) => (tool.type === 'function' ? tool.function.name : '')))
  let name = names[kind]
  while (taken.has(name)) name += '_tool'
  return name
}
