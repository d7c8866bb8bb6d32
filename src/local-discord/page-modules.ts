// What the page's browser code consists of: the graph of its modules, walked
// from the entry point. Only files that this walk reaches are ever served, so
// no request can name a file of its own.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire, findPackageJSON, stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Packages whose code may reach the browser. */
const allowedPackages = new Set([
  '@lit/context',
  '@lit/reactive-element',
  '@skyra/discord-components-core',
  'lit',
  'lit-element',
  'lit-html',
  'marked',
])

/** Conditions of an `exports` map that hold in the browser, as a bundler would pick them. */
const browserConditions = new Set(['browser', 'import', 'module', 'default'])

const importSpecifier =
  /(?:^|[;}\n])\s*(?:import|export)\b\s*(?:[\w$*{][^'"();]*?\bfrom\s*)?["']([^"'\n]+)["']/g

export interface PageModule {
  /** Path below the page's root, such as `own/main.ts` or `pkg/lit/index.js`. */
  path: string
  body: string
}

export interface PageModules {
  modules: readonly PageModule[]
  /** Bare specifier → path, for the import map. */
  bareSpecifiers: ReadonlyMap<string, string>
  /** Changes whenever a byte of any module changes. */
  hash: string
}

/**
 * Reads the entry module and all it imports, transitively; TypeScript loses its types.
 * @throws {Error} when an import names a package outside the allow list or a file that is missing
 */
export async function readPageModules(entry: URL): Promise<PageModules> {
  const ownRoot = dirname(fileURLToPath(entry))
  const modules = new Map<string, PageModule>()
  const bareSpecifiers = new Map<string, string>()
  const waiting = [fileURLToPath(entry)]
  const seen = new Set(waiting)
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    // One after the other keeps the order stable: the page loads what is imported first, first.
    const body = await readModule(file)
    modules.set(file, { path: publicPath(file, ownRoot), body })
    for (const specifier of importsOf(body)) {
      const target = resolveImport(specifier, file)
      if (!specifier.startsWith('.')) bareSpecifiers.set(specifier, publicPath(target, ownRoot))
      if (seen.has(target)) continue
      seen.add(target)
      waiting.push(target)
    }
  }
  const all = [...modules.values()]
  return { modules: all, bareSpecifiers, hash: hashOf(all.map((each) => each.body)) }
}

async function readModule(file: string): Promise<string> {
  const source = await readFile(file, 'utf8')
  const code = file.endsWith('.ts') ? stripTypeScriptTypes(source) : source
  return code.replace(/^\/\/# sourceMappingURL=.*$/m, '')
}

function importsOf(code: string): string[] {
  return [...code.matchAll(importSpecifier)].flatMap((match) => match[1] ?? [])
}

function resolveImport(specifier: string, importer: string): string {
  if (specifier.startsWith('.')) return join(dirname(importer), specifier)
  const name = packageName(specifier)
  if (!allowedPackages.has(name)) {
    throw new Error(`the page may not import ${specifier} (from ${importer})`)
  }
  const manifestPath = findPackageJSON(name, pathToFileURL(importer))
  if (manifestPath === undefined) throw new Error(`package ${name} is not installed`)
  const { exports } = readManifest(manifestPath)
  const subpath = `.${specifier.slice(name.length)}`
  const target = exportTarget(subpath === '.' && !hasSubpaths(exports) ? exports : exports[subpath])
  if (target === undefined) throw new Error(`package ${name} exports no ${subpath} to a browser`)
  return join(dirname(manifestPath), target)
}

function hasSubpaths(exports: Record<string, unknown>): boolean {
  return Object.keys(exports).some((key) => key.startsWith('.'))
}

function exportTarget(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry
  if (typeof entry !== 'object' || entry === null) return undefined
  for (const [condition, value] of Object.entries(entry)) {
    const target = browserConditions.has(condition) ? exportTarget(value) : undefined
    if (target !== undefined) return target
  }
  return undefined
}

function readManifest(path: string): { exports: Record<string, unknown> } {
  const manifest: unknown = createRequire(path)(path)
  const exports =
    typeof manifest === 'object' && manifest !== null && 'exports' in manifest
      ? manifest.exports
      : undefined
  if (typeof exports === 'string') return { exports: { '.': exports } }
  if (typeof exports !== 'object' || exports === null) throw new Error(`${path} has no exports`)
  return { exports: { ...exports } }
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Files of ours become `own/…`, files of packages `pkg/<package>/…`. */
function publicPath(file: string, ownRoot: string): string {
  const marker = `${sep}node_modules${sep}`
  const inPackage = file.lastIndexOf(marker)
  const path =
    inPackage === -1
      ? join('own', relative(ownRoot, file))
      : join('pkg', file.slice(inPackage + marker.length))
  return path.split(sep).join('/')
}

export function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('base64url').slice(0, 20)
}
