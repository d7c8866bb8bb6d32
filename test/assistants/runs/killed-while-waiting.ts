import { createRunService } from '../../../src/assistants/runs/service.ts'
import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import { newId } from '../../../src/ids.ts'
import { createResponsesDriver } from '../../../src/models/responses.ts'
import { newAssistant } from '../store/objects.ts'
import { collect, functions, silent } from './rig.ts'

// Starts a run that calls functions, says which as soon as it waits, and waits to be killed.
const [path = '', baseURL = ''] = process.argv.slice(2)
const store = await createSqliteStore({ path, log: silent })
const runs = createRunService({
  store,
  driver: createResponsesDriver({ baseURL, log: silent }),
  tokens: { count: () => Promise.reject(new Error('not needed here')) },
  newId,
  now: () => 1_790_000_000_000,
  every: () => () => {},
  log: silent,
})
const assistant = newAssistant({ tools: functions })
await store.insertAssistant(assistant)
const thread = await runs.createThread({ messages: [{ role: 'user', content: 'Hello' }] })
const started = await runs.createRun(thread.id, { assistant_id: assistant.id }, { stream: true })
await collect(started)
process.stdout.write(JSON.stringify({ threadId: thread.id, runId: started.run.id }))
// Until it is killed.
setInterval(() => {}, 60_000)
