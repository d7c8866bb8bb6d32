import { z } from 'zod'

import { decimal } from './decimal.ts'

/** The members that an assistant and a run share, each of them nullable (reference 1.4.1). */
export const temperature = decimal(0, 2).nullable()
export const topP = decimal(0, 1).nullable()
export const reasoningEffort = z
  .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
  .nullable()
