import { Hono } from 'hono'

import type { Attachments } from '../../messages/attachments.ts'
import type { RestEnv } from '../context.ts'

export interface CdnRoutesDeps {
  attachments: Attachments
  /** The drawn picture of a user or a guild, as SVG. */
  picture: (id: string) => string | null
}

/** What browsers may show inside this page's own origin; the rest is downloaded. */
const shown = /^(image\/(png|jpeg|gif|webp)|audio\/|video\/|text\/plain)/

/** Files and pictures: `/cdn/attachments/…`, `/cdn/avatars/…`, `/cdn/icons/…`. */
export function cdnRoutes({ attachments, picture }: CdnRoutesDeps): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .get('/cdn/attachments/:channel/:attachment/:name', (c) => {
      const file = attachments.read(new URL(c.req.url))
      if (!file) return c.text('This content is no longer available.', 404)
      // A fresh view on the same memory; Response wants one that is not shared.
      return c.body(new Uint8Array(file.bytes), 200, {
        'content-type': file.contentType,
        'content-disposition': shown.test(file.contentType) ? 'inline' : 'attachment',
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, max-age=86400',
      })
    })
    .on('GET', ['/cdn/avatars/:id/:hash', '/cdn/icons/:id/:hash'], (c) => {
      const svg = picture(c.req.param('id'))
      if (svg === null) return c.notFound()
      return c.body(svg, 200, {
        'content-type': 'image/svg+xml',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'x-content-type-options': 'nosniff',
        'cache-control': 'public, max-age=86400',
      })
    })
}
