import { NotFoundError } from '../errors.ts'

export type ObjectKind = 'assistant' | 'thread' | 'message' | 'run' | 'run step'

/** The object, or the API's answer for one that does not exist (reference 8). */
export function orNotFound<T>(object: T | undefined, kind: ObjectKind, id: string): T {
  if (object === undefined) throw noObject(kind, id)
  return object
}

export function noObject(kind: ObjectKind, id: string): NotFoundError {
  return new NotFoundError(`No ${kind} found with id '${id}'.`)
}

export function noFileInStore(fileId: string, vectorStoreId: string): NotFoundError {
  return new NotFoundError(
    `No file found with id '${fileId.slice(0, 200)}' in vector store '${vectorStoreId.slice(0, 200)}'.`,
  )
}

export function noVectorStore(id: string): NotFoundError {
  return new NotFoundError(`Vector store with id '${id.slice(0, 200)}' not found.`)
}

export function noBatch(id: string, vectorStoreId: string): NotFoundError {
  return new NotFoundError(
    `No file batch found with id '${id.slice(0, 200)}' in vector store '${vectorStoreId.slice(0, 200)}'.`,
  )
}
