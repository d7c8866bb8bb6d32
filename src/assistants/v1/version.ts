import { sendsBeta } from '../access.ts'
import type { ApiContext } from '../reply.ts'

/** The first day of Azure's API versions that speak v2; those before it speak v1. */
const firstV2Day = '2024-05-01'

/**
 * Whether the client speaks version 1 of the Assistants API: its beta header says so or, without
 * one, the age of Azure's `api-version` (reference 9.4). Everybody else gets version 2.
 */
export function speaksV1(context: ApiContext): boolean {
  if (sendsBeta(context, 'assistants=v2')) return false
  if (sendsBeta(context, 'assistants=v1')) return true
  const [day] = /^\d{4}-\d{2}-\d{2}/.exec(context.req.query('api-version') ?? '') ?? []
  return day !== undefined && day < firstV2Day
}
