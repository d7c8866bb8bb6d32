// The page's beginning.
import { createApp, preferredTheme } from './app.ts'
import { Shell } from './views/shell.ts'

document.documentElement.dataset['theme'] = preferredTheme()
const shell = new Shell()
shell.app = createApp()
document.querySelector('#app')?.append(shell)
