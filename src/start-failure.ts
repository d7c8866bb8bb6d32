import type { Config } from './config.ts'

/**
 * What an operator can do about an error that kept the program from starting: one line that names
 * the variable. Null: none of those that happen to newcomers.
 */
export function explainStartFailure(error: unknown, config: Config): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  const { http, database, keyvUri, dataDir } = config
  const databasePath = database.type === 'sqlite' ? database.path : 'the database'
  const { code, message } = error
  switch (code) {
    case 'EADDRINUSE':
      return `PORT: ${http.port} on ${http.host} is taken by another program; set PORT to another number`
    case 'EADDRNOTAVAIL':
      return `HOST: ${http.host} is no address of this machine`
    case 'EACCES':
      return `HOST, PORT or DATA_DIR: not allowed on this machine (${message})`
    case 'EEXIST':
    case 'ENOTDIR':
    case 'EROFS':
    case 'EPERM':
    case 'ENOSPC':
      return `DATA_DIR: ${dataDir} cannot be written to (${message})`
    case 'DATABASE_IN_USE':
      return `DATA_DIR or DATABASE_URL: ${databasePath} is in use by another Guagua; stop that one, or set DATA_DIR to another folder`
    case 'DATABASE_REFUSED':
      return `DATABASE_URL: ${message}`
    case 'unavailable':
      return `DATABASE_URL: the database was lost again while starting; start anew`
    case 'ERR_SQLITE_ERROR':
      return `DATA_DIR or KEYV_URI: ${unusable(keyvUri, message)}`
    case 'TokenInvalid':
      return 'DISCORD_TOKEN: Discord does not accept it; copy it again from the Developer Portal (Bot > Reset Token)'
    case 'ENOTFOUND':
      if ('hostname' in error && error.hostname === http.host) {
        return `HOST: ${http.host} is no address of this machine`
      }
      return unreachable(message)
    case 'EAI_AGAIN':
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return unreachable(message)
    default:
      if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return null
      return `DATA_DIR or DATABASE_URL: ${unusable(databasePath, message)}`
  }
}

function unusable(database: string, reason: string): string {
  return `${database} cannot be used (${reason}); restore it from a backup, or move it away to begin anew`
}

/** Discord is the only other machine without which the program does not start. */
function unreachable(reason: string): string {
  return `Discord cannot be reached (${reason}); look after the network, and DISCORD_API_URL if it is set`
}
