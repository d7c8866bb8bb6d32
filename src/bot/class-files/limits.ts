const megabyte = 1024 * 1024

/** What a guild's class files may take. */
export const classFileLimits = {
  files: 200,
  /** Of one file. */
  bytes: 25 * megabyte,
  megabytes: 25,
  /** Of one command. */
  uploads: 5,
  titleLength: 100,
} as const
