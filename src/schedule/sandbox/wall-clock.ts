const localGetters = [
  ['getFullYear', 'getUTCFullYear'],
  ['getMonth', 'getUTCMonth'],
  ['getDate', 'getUTCDate'],
  ['getDay', 'getUTCDay'],
  ['getHours', 'getUTCHours'],
  ['getMinutes', 'getUTCMinutes'],
  ['getSeconds', 'getUTCSeconds'],
] as const

/**
 * Makes this thread's clock a plain wall clock without a zone, and returns the function that sets it
 * (milliseconds since 1970-01-01T00:00 on that clock). SQLite asks JavaScript for the time, so
 * `date('now')` and `datetime('now', 'localtime')` then both answer the schedule's own local time,
 * whatever the zone of the machine.
 */
export function installWallClock(): (wallClockMs: number) => void {
  for (const [local, utc] of localGetters) Date.prototype[local] = Date.prototype[utc]
  Date.prototype.getTimezoneOffset = () => 0
  return (wallClockMs) => {
    Date.now = () => wallClockMs
  }
}
