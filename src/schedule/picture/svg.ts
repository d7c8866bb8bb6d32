type Attributes = Readonly<Record<string, string | number | undefined>>

/** SVG source. Only `element` and `textNode` make it, so that nobody's text becomes markup. */
export type Svg = string & { readonly brand: unique symbol }

export function element(name: string, attributes: Attributes, children: readonly Svg[] = []): Svg {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escape(typeof value === 'number' ? round(value) : value)}"`)
  const start = `<${name}${written.join('')}`
  return markup(children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`)
}

export function textNode(text: string): Svg {
  return markup(escape(text))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string | undefined): string {
  return (text ?? '').replaceAll(/[&<>"']/gu, (character) => entities[character] ?? '')
}

function round(value: number): string {
  return `${Math.round(value * 100) / 100}`
}

function markup(source: string): Svg {
  // What makes it SVG is that it comes from here.
  return source as Svg
}
