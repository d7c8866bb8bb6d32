import { parseConfig, type Config } from './config.ts'
import { startHttpServer } from './http-server.ts'
import { runProgram, type Parts } from './program.ts'
import { startRuntime } from './runtime.ts'

/** The Assistants API alone: no bot, no Discord, nothing of either loaded. */
async function start(config: Config, { log, parts }: Parts): Promise<string> {
  const runtime = await startRuntime(config, { log, parts })
  const { host, port, apiKeys, corsOrigins } = config.http
  const http = await startHttpServer({
    host,
    port,
    authenticated: apiKeys.length > 0,
    corsOrigins,
    mount: (app) => void app.route('/', runtime.outside),
    healthCheck: () => runtime.healthCheck(),
    log,
  })
  parts.defer(() => http.close(1_000))
  await runtime.ready
  const key = apiKeys.length > 0 ? '<one of API_KEYS>' : 'any'
  return `OPENAI_BASE_URL=${reachable(http.origin)}/v1 OPENAI_API_KEY=${key}`
}

/** An address that one can connect to: every address of a machine at once is none. */
function reachable(origin: string): string {
  const url = new URL(origin)
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = 'localhost'
  return url.origin
}

await runProgram({ readConfig: (env) => parseConfig(env, { localDiscord: false }), start })
