import { startSender } from './sender.ts'

// Stops before or after a message is sent, says so, and waits to be killed.
const [path = '', api = '', token = '', moment = ''] = process.argv.slice(2)
const never = new Promise<never>(() => {})

await startSender({
  path,
  api,
  token,
  around: (courier) => ({
    ...courier,
    async send(message) {
      if (moment === 'after') await courier.send(message)
      process.stdout.write('now')
      return await never
    },
  }),
})
