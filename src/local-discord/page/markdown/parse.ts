// Discord's flavour of Markdown as a tree. Blocks, lists, code and links are marked's; what
// Discord does differently (underline, spoilers, quotes, subtext, mentions …) are extensions.
// The tree holds plain text only; turning it into elements is the renderer's job.
import {
  Marked,
  type Token,
  Tokenizer,
  type TokenizerAndRendererExtension,
  type Tokens,
} from 'marked'

export type Node =
  | { type: 'text' | 'code'; text: string }
  | { type: 'fence'; text: string; language: string }
  | { type: InlineStyle; children: Node[] }
  | { type: 'heading'; level: number; children: Node[] }
  | { type: 'list'; start: number | undefined; items: Node[][] }
  | { type: 'link'; href: string; children: Node[] }
  | { type: 'user' | 'role' | 'channel'; id: string }
  | { type: 'slash'; name: string; id: string }
  | { type: 'emoji'; name: string }
  | { type: 'time'; seconds: number; style: string }
  | { type: 'everyone'; text: string }

type InlineStyle = 'strong' | 'em' | 'underline' | 'strike' | 'spoiler' | 'quote' | 'subtext'

/** Beyond this a text is shown as it is; Discord's own limits are below it. */
const longestText = 10_000

/** Reads a message's text. Whatever the text is, this returns a tree: at worst, of the text itself. */
export function parseMarkdown(text: string): Node[] {
  if (text.length > longestText) return [{ type: 'text', text }]
  try {
    return toNodes(marked.lexer(text))
  } catch {
    // Nesting hundreds of levels deep exhausts the parser's stack: such a text is no Markdown.
    return [{ type: 'text', text }]
  }
}

interface Rule {
  name: string
  level: 'block' | 'inline'
  /** Where such a piece could begin in a text. */
  start: RegExp
  match: RegExp
  /** The part of the match that is itself Markdown. */
  inner?: (match: RegExpMatchArray) => string
}

const rules: Rule[] = [
  {
    name: 'subtext',
    level: 'block',
    start: /(?<=\n)-# /,
    match: /^-# +(\S[^\n]*)(?:\n|$)/,
    inner: (match) => match[1] ?? '',
  },
  {
    name: 'heading',
    level: 'block',
    start: /(?<=\n)#{1,3} /,
    match: /^(#{1,3}) +([^\n]*\S)[^\S\n]*(?:\n|$)/,
    inner: (match) => match[2] ?? '',
  },
  {
    name: 'quote',
    level: 'block',
    start: /(?<=\n)(?:>>> |> )/,
    match: /^(?:>>> ([\s\S]*)|(?:> [^\n]*(?:\n|$))+)/,
    inner: (match) => match[1] ?? match[0].replace(/^> /gm, '').replace(/\n$/, ''),
  },
  inline('strong', /\*\*/, /^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/),
  inline('underline', /__/, /^__((?:\\[\s\S]|[^\\])+?)__(?!_)/),
  inline(
    'em',
    /\*/,
    /^\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/,
  ),
  inline('em', /_/, /^_((?:__|\\[\s\S]|[^\\_])+?)_\b/),
  inline('strike', /~~/, /^~~((?:\\[\s\S]|[^\\])+?)~~(?!~)/),
  inline('spoiler', /\|\|/, /^\|\|([\s\S]+?)\|\|/),
  atom('user', /<@!?\d/, /^<@!?(\d{1,20})>/),
  atom('role', /<@&\d/, /^<@&(\d{1,20})>/),
  atom('channel', /<#\d/, /^<#(\d{1,20})>/),
  atom('slash', /<\//, /^<\/([^\n:>]{1,100}):(\d{1,20})>/),
  atom('emoji', /<a?:/, /^<a?:(\w{1,32}):\d{1,20}>/),
  atom('time', /<t:/, /^<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/),
  atom('everyone', /@(?:everyone|here)/, /^@(?:everyone|here)\b/),
  atom('url', /https?:\/\/|<https?:/, /^(?:<(https?:\/\/[^\s<>]+)>|(https?:\/\/[^\s<>]+))/),
]

function inline(name: string, start: RegExp, match: RegExp): Rule {
  return { name, level: 'inline', start, match, inner: (found) => found[1] ?? '' }
}

function atom(name: string, start: RegExp, match: RegExp): Rule {
  return { name, level: 'inline', start, match }
}

/** A token of ours as the lexer hands it on. */
interface OwnToken extends Tokens.Generic {
  groups: (string | undefined)[]
}

let isInQuote = false

function toExtension(rule: Rule): TokenizerAndRendererExtension {
  return {
    name: `discord:${rule.name}`,
    level: rule.level,
    start: (text) => {
      const index = text.search(rule.start)
      return index === -1 ? undefined : index
    },
    tokenizer(text) {
      const isNestedQuote = rule.name === 'quote' && isInQuote
      const match = isNestedQuote ? null : rule.match.exec(text)
      if (match === null) return undefined
      const raw = rule.name === 'url' ? trimUrl(match[0]) : match[0]
      const token: OwnToken = { type: `discord:${rule.name}`, raw, groups: [...match] }
      if (rule.inner === undefined) return token
      const inner = rule.inner(match)
      if (rule.name === 'quote') {
        isInQuote = true
        try {
          token.tokens = this.lexer.blockTokens(inner, [])
        } finally {
          isInQuote = false
        }
      } else {
        token.tokens = this.lexer.inlineTokens(inner, [])
      }
      return token
    },
  }
}

/** A sentence's punctuation after an address, or the bracket around it, is not part of it. */
function trimUrl(url: string): string {
  if (url.startsWith('<')) return url
  const trimmed = url.replace(/[.,:;"'\]!?，。；：！？、）】」』》]+$/u, '')
  return trimmed.endsWith(')') && !trimmed.includes('(') ? trimmed.slice(0, -1) : trimmed
}

const listLine = /^ *(?:[-*]|\d{1,9}[.)])(?: |$)|^(?: {2,}|\t)\S/

/** The lines at the head of a text that can belong to a list: no others follow lazily in Discord. */
function listLines(text: string): string {
  let end = 0
  let position = 0
  for (const line of text.split('\n')) {
    position += line.length + 1
    if (listLine.test(line)) end = position
    else if (line.trim() !== '') break
  }
  return text.slice(0, end)
}

const none = () => undefined

const marked = new Marked({
  gfm: true,
  extensions: rules.map(toExtension),
  // What CommonMark has and Discord does not.
  tokenizer: {
    list(text) {
      return Tokenizer.prototype.list.call(this, listLines(text))
    },
    blockquote: none,
    heading: none,
    lheading: none,
    hr: none,
    html: none,
    tag: none,
    def: none,
    table: none,
    code: none,
    reflink: none,
    emStrong: none,
    del: none,
    autolink: none,
    url: none,
    br: none,
  },
})

function toNodes(tokens: readonly Token[]): Node[] {
  const nodes: Node[] = []
  let previous: Token | undefined
  for (const token of tokens) {
    if (token.type === 'space') {
      const breaks = token.raw.split('\n').length - 1
      const isBetweenTexts = previous === undefined || isTextBlock(previous)
      nodes.push({
        type: 'text',
        text: '\n'.repeat(Math.max(0, isBetweenTexts ? breaks : breaks - 1)),
      })
    } else {
      if (
        previous &&
        isTextBlock(previous) &&
        isTextBlock(token) &&
        !previous.raw.endsWith('\n\n')
      ) {
        nodes.push({ type: 'text', text: '\n' })
      }
      nodes.push(...toNode(token))
    }
    previous = token
  }
  return nodes
}

/** Paragraphs, and the loose text lines that the lexer makes of what is no block in Discord. */
function isTextBlock(token: Token): boolean {
  return token.type === 'paragraph' || (token.type === 'text' && 'tokens' in token)
}

function toNode(token: Token): Node[] {
  if (token.type.startsWith('discord:')) return fromOwnToken(token as OwnToken) // by its name's prefix
  const known = token as MarkedToken // ours are handled above, so marked made this one
  switch (known.type) {
    case 'paragraph':
      return toNodes(known.tokens)
    case 'text':
      return known.tokens ? toNodes(known.tokens) : [{ type: 'text', text: known.text }]
    case 'escape':
      return [{ type: 'text', text: known.text }]
    case 'codespan':
      return [{ type: 'code', text: known.text }]
    case 'code':
      return [{ type: 'fence', text: known.text, language: known.lang ?? '' }]
    case 'link':
      return fromLink(known)
    case 'list':
      return [
        {
          type: 'list',
          start: known.ordered ? Number(known.start) : undefined,
          items: known.items.map((item) => toNodes(item.tokens)),
        },
      ]
    default:
      return [{ type: 'text', text: token.raw }]
  }
}

type MarkedToken =
  | Tokens.Paragraph
  | Tokens.Text
  | Tokens.Escape
  | Tokens.Codespan
  | Tokens.Code
  | Tokens.Link
  | Tokens.List

/** Masked links lead to web addresses only; anything else stays as it was typed. */
function fromLink(token: Tokens.Link): Node[] {
  const href = toWebAddress(token.href)
  if (href === undefined) return [{ type: 'text', text: token.raw }]
  return [{ type: 'link', href, children: toNodes(token.tokens) }]
}

/** The address when it is http or https, else undefined. */
export function toWebAddress(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined
}

function fromOwnToken(token: OwnToken): Node[] {
  const name = token.type.slice('discord:'.length)
  const children = toNodes(token.tokens ?? [])
  const [raw = '', first = '', second] = token.groups
  switch (name) {
    case 'heading':
      return [{ type: 'heading', level: first.length, children }]
    case 'user':
    case 'role':
    case 'channel':
      return [{ type: name, id: first }]
    case 'slash':
      return [{ type: 'slash', name: first, id: second ?? '' }]
    case 'emoji':
      return [{ type: 'emoji', name: first }]
    case 'time':
      return [{ type: 'time', seconds: Number(first), style: second ?? 'f' }]
    case 'everyone':
      return [{ type: 'everyone', text: raw }]
    case 'url': {
      const text = token.raw.replace(/^<|>$/g, '')
      const href = toWebAddress(text)
      return href === undefined
        ? [{ type: 'text', text: token.raw }]
        : [{ type: 'link', href, children: [{ type: 'text', text }] }]
    }
    default:
      // What is left are the styles, whose token name is their node's name.
      return [{ type: name as InlineStyle, children }]
  }
}
