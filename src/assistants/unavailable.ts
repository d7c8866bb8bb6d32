// What the API has and this version has not: vector stores and attachments. Each answers 400, because
// clients repeat what is answered with 5xx.

import { Hono } from 'hono'
import type OpenAI from 'openai'

import { InvalidRequestError } from '../errors.ts'
import type { ApiEnv } from './reply.ts'

type ToolResources = OpenAI.Beta.ThreadCreateParams.ToolResources
type MessageBody = OpenAI.Beta.Threads.MessageCreateParams

const unavailable = {
  '/vector_stores': 'Vector stores are',
}

/** Routes of the API that exist, but cannot be served yet. */
export function unavailableRoutes(): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  for (const [path, what] of Object.entries(unavailable)) {
    const refuse = () => {
      throw unsupported(what)
    }
    routes.all(path, refuse).all(`${path}/*`, refuse)
  }
  return routes
}

/** Throws if files or vector stores are named; `path` is where the resources are in the body. */
export function refuseToolResources(
  resources: ToolResources | null | undefined,
  path = 'tool_resources',
): void {
  const { file_search } = resources ?? {}
  if (file_search?.vector_store_ids?.length) {
    throw unsupported('Vector stores are', `${path}.file_search.vector_store_ids`)
  }
  if (file_search?.vector_stores?.length) {
    throw unsupported('Vector stores are', `${path}.file_search.vector_stores`)
  }
}

/** Throws if one of the messages has a file; `path` is where the messages are in the body. */
export function refuseFiles(messages: readonly MessageBody[] | null | undefined, path: string) {
  for (const [index, message] of (messages ?? []).entries()) {
    refuseFilesOf(message, `${path}[${index}].`)
  }
}

/** Throws if the message has a file; `prefix` leads to the message in the body. */
export function refuseFilesOf({ attachments }: MessageBody, prefix = ''): void {
  if (attachments?.length) throw unsupported('Files are', `${prefix}attachments`)
}

/**
 * The answer for what the API has and this version has not: `unsupported('Files are')`. The hint says
 * what to do instead.
 */
export function unsupported(what: string, param?: string, hint?: string): InvalidRequestError {
  const text = textOfUnavailable(what)
  return new InvalidRequestError(hint === undefined ? text : `${text} ${hint}`, {
    apiCode: 'unsupported',
    param,
  })
}

/** The text of that answer. */
export function textOfUnavailable(what: string): string {
  return `${what} not available in this version of the server.`
}
