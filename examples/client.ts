import OpenAI from 'openai'

/** Where an example writes; default the terminal. */
export type Print = (text: string) => void

/**
 * The plain SDK. It reads OPENAI_BASE_URL and OPENAI_API_KEY from the environment, as any program
 * does; without them it talks to the runtime that `npm start` starts, which wants no key.
 */
export function createClient(): OpenAI {
  return new OpenAI({
    baseURL: process.env['OPENAI_BASE_URL'] ?? 'http://127.0.0.1:3000/v1',
    apiKey: process.env['OPENAI_API_KEY'] ?? 'any',
  })
}

/** An object of the API as readable JSON, Chinese left as it is. */
export function toJson(object: unknown): string {
  return JSON.stringify(object, null, 4)
}

/** OPENAI_MODEL, or else the first model that the server offers. */
export async function chooseModel(client: OpenAI): Promise<string> {
  const wished = process.env['OPENAI_MODEL']
  if (wished) return wished
  for await (const model of client.models.list()) return model.id
  throw new Error('The server offers no model: set OPENAI_MODEL.')
}
