// Loaded before the program (see `start` in package.json): keeps compiled code, with its types stripped,
// beside the packages, where nobody else writes. JavaScript, because a TypeScript file before the cache
// is on would load Node's type stripper: 20 MB that the program itself then does not need.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)))
