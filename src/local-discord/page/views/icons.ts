import { html, type TemplateResult } from 'lit'

const paths = {
  hash: 'M9 3 7 21M17 3l-2 18M4 8.500h17M3 15.500h17',
  thread: 'M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5',
  plus: 'M12 4v16M4 12h16',
  send: 'M4 12 3 4l18 8-18 8 1-8h9',
  smile:
    'M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18ZM8.500 14.500c1.800 2.400 5.200 2.400 7 0M9 9.500v.5M15 9.500v.5',
  reply: 'M10 5 4 11l6 6M4 11h9c4 0 7 2.500 7 7',
  dots: 'M5 12h.01M12 12h.01M19 12h.01',
  people:
    'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M17.500 14c2.300.6 3.700 2.500 4 5.500',
  menu: 'M4 6h16M4 12h16M4 18h16',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500 19 19M19 5l-1.500 1.500M6.500 17.500 5 19',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500Z',
  close: 'm6 6 12 12M18 6 6 18',
  command: 'M5 4h14v16H5zM10 16l4-8',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  down: 'm6 9 6 6 6-6',
  eye: 'M2 12c4-7 16-7 20 0-4 7-16 7-20 0ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
} as const

export type IconName = keyof typeof paths

/** A decorative icon; the control around it carries the label. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d=${paths[name]} />
  </svg>`
}
