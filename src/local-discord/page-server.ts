// Serves the web page: one document, its style sheets, and the browser modules
// it is made of. Everything is read once and then kept in memory.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import { type Context, Hono } from 'hono'

import { hashOf, type PageModules, readPageModules } from './page-modules.ts'

const pageDir = new URL('./page/', import.meta.url)
const styleSheets = ['frame.css', 'messages.css', 'composer.css']

interface PageFile {
  body: string
  type: string
}

interface Page {
  document: string
  etag: string
  policy: string
  /** Path below the site's root → file. */
  files: ReadonlyMap<string, PageFile>
}

/**
 * The page's routes: `/` and `/page/<hash>/…`. Files carry their content's hash in the path and
 * may be kept for ever; the document itself is asked for again each time and answered with 304
 * while nothing changed.
 */
export function createPageApp(): Hono {
  const app = new Hono()
  let loading: Promise<Page> | undefined
  const page = () => (loading ??= loadPage())

  app.get('/', async (c) => {
    const { document, etag, policy } = await page()
    c.header('content-security-policy', policy)
    c.header('referrer-policy', 'no-referrer')
    c.header('cache-control', 'no-cache')
    return answer(c, { body: document, type: 'text/html; charset=utf-8' }, etag)
  })

  app.get('/page/*', async (c) => {
    const file = (await page()).files.get(c.req.path)
    if (file === undefined) return c.notFound()
    c.header('cache-control', 'public, max-age=31536000, immutable')
    return answer(c, file, `"${hashOf([file.body])}"`)
  })

  app.get('/favicon.ico', (c) => {
    c.header('cache-control', 'public, max-age=86400')
    return answer(c, { body: icon, type: 'image/svg+xml' }, `"${hashOf([icon])}"`)
  })

  return app
}

function answer(c: Context, file: PageFile, etag: string): Response {
  c.header('etag', etag)
  c.header('x-content-type-options', 'nosniff')
  if (c.req.header('if-none-match') === etag) return c.body(null, 304)
  return c.body(file.body, 200, { 'content-type': file.type })
}

async function loadPage(): Promise<Page> {
  const [code, ...sheets] = await Promise.all([
    readPageModules(new URL('main.ts', pageDir)),
    ...styleSheets.map((name) => readFile(new URL(name, pageDir), 'utf8')),
  ])
  const root = `/page/${hashOf([code.hash, ...sheets])}/`
  const files = new Map<string, PageFile>()
  for (const { path, body } of code.modules) {
    files.set(root + path, { body, type: 'text/javascript; charset=utf-8' })
  }
  for (const [index, name] of styleSheets.entries()) {
    files.set(root + name, { body: sheets[index] ?? '', type: 'text/css; charset=utf-8' })
  }
  const importMap = toImportMap(code, root)
  const document = toDocument(code, importMap, root)
  return { document, etag: `"${hashOf([document])}"`, policy: toPolicy(importMap), files }
}

function toImportMap(code: PageModules, root: string): string {
  const imports = [...code.bareSpecifiers].map(([name, path]) => [name, root + path])
  return JSON.stringify({ imports: Object.fromEntries(imports) })
}

function toDocument(code: PageModules, importMap: string, root: string): string {
  const styles = styleSheets.map((name) => `<link rel="stylesheet" href="${root}${name}">`)
  const preloads = code.modules.map(
    ({ path }) => `<link rel="modulepreload" href="${root}${path}">`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="dark light">
<title>AGI课堂</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
${styles.join('\n')}
<script type="importmap">${importMap}</script>
${preloads.join('\n')}
<script type="module" src="${root}own/main.ts"></script>
</head>
<body>
<div id="app"></div>
<noscript>This page is a Discord client for the local server; it needs JavaScript. 本页面是本地服务器的 Discord 客户端，需要启用 JavaScript。</noscript>
</body>
</html>
`
}

/**
 * Nothing from anywhere else, no inline script but the import map, no HTML from strings except
 * through lit. Style attributes stay allowed because lit's `styleMap` and the message components
 * set them; style elements do not.
 */
function toPolicy(importMap: string): string {
  const mapHash = createHash('sha256').update(importMap).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${mapHash}'`,
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; ')
}

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M2 12a14 14 0 0 0 28 0z" fill="#2d9d5c"/><path d="M5 12a11 11 0 0 0 22 0z" fill="#f2555a"/><g fill="#3a1d1d"><circle cx="11" cy="15.500" r="1.300"/><circle cx="16" cy="19" r="1.300"/><circle cx="21" cy="15.500" r="1.300"/></g></svg>`
