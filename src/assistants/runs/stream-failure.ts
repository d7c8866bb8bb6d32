import { AppError } from '../../errors.ts'

/** What the readers of a run are told when its events stop coming before it ends. */
export function interrupted(): AppError {
  return new AppError(
    'unavailable',
    'The process that executed the run is gone, or the connection to it. Retrieve the run to see how it goes on.',
  )
}
