import { createQueueRig } from './queue-rig.ts'

// Indexes three files, says so as soon as it is at the second one, and waits to be killed.
const [folder = ''] = process.argv.slice(2)
const rig = await createQueueRig(folder)
const queue = await rig.open({ concurrency: 1 })
queue.reader.hold((filename) => filename === 'second.txt')
const fileIds = [
  await rig.upload('One.', 'first.txt'),
  await rig.upload('Two.\n\nThree.', 'second.txt'),
  await rig.upload('Four.', 'third.txt'),
]
const vectorStoreId = await rig.vectorStore(...fileIds)
await queue.start()
while (!queue.reader.begun.includes('second.txt')) await new Promise(setImmediate)
process.stdout.write(JSON.stringify({ vectorStoreId, fileIds }))
