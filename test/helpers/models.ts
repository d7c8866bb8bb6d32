import type { Logger } from '../../src/log.ts'
import type { ModelDriver } from '../../src/models/driver.ts'
import { createForward } from '../../src/models/forward.ts'
import type { Models } from '../../src/models/models.ts'

/** One endpoint that serves every name and has no prices. */
export function modelsOf(
  driver: ModelDriver,
  { baseURL, log }: { baseURL: string; log: Logger },
): Models {
  return {
    ...driver,
    serves: () => true,
    costOf: () => null,
    forward: createForward({ baseURL, log }),
  }
}
