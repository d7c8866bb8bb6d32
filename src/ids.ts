import { randomInt } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export type IdPrefix =
  | 'asst_'
  | 'thread_'
  | 'msg_'
  | 'run_'
  | 'step_'
  | 'call_'
  | 'vs_'
  | 'vsfb_'
  | 'req_'
  | 'chatcmpl-'
  | 'file-'

/** A new id in the Assistants API's own shape: the prefix and 24 random letters and digits. */
export type NewId = (prefix: IdPrefix) => string

export const newId: NewId = (prefix) => {
  let id: string = prefix
  for (let count = 0; count < 24; count += 1) id += alphabet[randomInt(alphabet.length)]
  return id
}
