import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Keeps compiled code beside the packages, where nobody else writes: the next start needs a third
// less time. It only helps what is loaded after it, so the program itself is imported afterwards.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)))
const { runProgram } = await import('./program.ts')
await runProgram()
