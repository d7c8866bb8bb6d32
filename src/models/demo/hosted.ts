import type { ModelRequest } from '../driver.ts'
import { phrasesOf } from './answer.ts'
import { detectLanguage, type Language } from './language.ts'
import type { Step } from './plan.ts'
import { fold } from './text.ts'

/** What the demo does with files and with Python. */
export type HostedStep =
  | { kind: 'call'; name: string; args: { queries: string[] } | { code: string } }
  | { kind: 'say'; text: string }

export interface HostedOptions {
  /** What the demo would do without these tools. */
  step: Step
  mayCall: (name: string) => boolean
}

type Message = ModelRequest['messages'][number]

const searchTool = 'file_search'
const codeTool = 'python'

/**
 * Asks the files where the timetable does not have the answer, or where they are named, and runs code
 * that comes with the question. Undefined where neither is wanted: the timetable answers.
 */
export function planHosted(
  { messages, tools }: ModelRequest,
  { step, mayCall }: HostedOptions,
): HostedStep | undefined {
  const lastUser = messages.findLastIndex(({ role }) => role === 'user')
  const asked = textOf(messages[lastUser])
  const question = toQuestion(asked)
  const language = detectLanguage(fold(question.slice(0, maxQuestion)), null)
  const answers = readAnswers(messages.slice(lastUser + 1))
  const said = answers.map((answer) => sayAnswer(answer, { question, language }))
  const texts = said.filter((text) => text !== undefined)
  if (texts.length > 0) return { kind: 'say', text: texts.join('\n\n') }
  if (answers.length > 0) return undefined
  const description = (name: string) => descriptionOf(tools, name)
  const code = readCode(question)
  if (code !== undefined && mayCall(codeTool) && description(codeTool) !== undefined) {
    return { kind: 'call', name: codeTool, args: { code } }
  }
  const hasFiles = description(searchTool)?.includes('Files: ') === true
  const isNamed = namesFiles.test(question) || asked.search(attachedLine) >= 0
  const isWanted = hasFiles && (isNamed || isUnanswered(step))
  if (!isWanted || !mayCall(searchTool)) return undefined
  return { kind: 'call', name: searchTool, args: { queries: [question.slice(0, maxQuestion)] } }
}

/** What must be in a call that was asked for by name; undefined for another function. */
export function forcedHostedArguments({ messages }: ModelRequest, name: string) {
  const question = toQuestion(textOf(messages.findLast(({ role }) => role === 'user')))
  if (name === searchTool) return { queries: [question.slice(0, maxQuestion)] }
  return name === codeTool ? { code: readCode(question) ?? 'None' } : undefined
}

const maxQuestion = 400
const maxCode = 8_000
const namesFiles =
  /讲义|课件|资料|文件|文档|附件|教材|幻灯片|\b(?:pdf|files?|documents?|notes|slides|handouts?|attachments?)\b/i

/** The demo has no answer of its own. */
function isUnanswered(step: Step): boolean {
  return (
    step.kind === 'say' &&
    Object.values(phrasesOf).some(({ other, notInSchedule, notConnected }) =>
      [other, notInSchedule, notConnected].some((text) => step.text.endsWith(text)),
    )
  )
}

/** Code in a fence of Python, or in any fence if the words around it ask for it to be run. */
function readCode(question: string): string | undefined {
  const [whole, tongue = '', code] = /```([a-z0-9]*)[ \t]*\n([^]*?)\n?```/i.exec(question) ?? []
  if (whole === undefined || code === undefined) return undefined
  const around = question.replace(whole, ' ')
  const isPython = /^(?:py|python3?)$/i.test(tongue)
  const isAsked = /算|运行|执行|跑|\b(?:run|calculate|compute|execute)\b/i.test(around)
  return isPython || (isAsked && tongue === '') ? code.slice(0, maxCode) : undefined
}

interface Answer {
  name: string
  output: string
}

function readAnswers(turn: readonly Message[]): Answer[] {
  const names = new Map(
    turn.flatMap((message) =>
      message.role === 'assistant'
        ? (message.tool_calls ?? []).flatMap((call) =>
            call.type === 'function' ? [[call.id, call.function.name] as const] : [],
          )
        : [],
    ),
  )
  return turn.flatMap((message) => {
    if (message.role !== 'tool') return []
    const name = names.get(message.tool_call_id)
    const isHosted = name === searchTool || name === codeTool
    return isHosted ? [{ name, output: textOf(message) }] : []
  })
}

interface Asking {
  question: string
  language: Language
}

/** Undefined where there are no files at all: then they are nothing to talk about. */
function sayAnswer({ name, output }: Answer, { question, language }: Asking): string | undefined {
  const words = wordsOf[language]
  if (name === codeTool) return words.ran(output.replaceAll('```', "'''").slice(0, maxOutput))
  const [, marker, text] = /(【\d+:\d+†[^】]*】)[^\n]*\n([^]*?)\n【end】/.exec(output) ?? []
  if (marker !== undefined && text !== undefined) {
    return `${words.found}\n> ${excerpt(text, question)}${marker}`
  }
  return output.startsWith('There are no files') ? undefined : words.notFound
}

const maxOutput = 1_500

const wordsOf = {
  zh: {
    found: '我是没有语言模型的离线演示，只能把资料里最相关的一段找给你：',
    notFound: '我在资料里没有找到相关的内容。换个说法再问问看？',
    ran: (output: string) => `运行结果：\n\`\`\`\n${output}\n\`\`\``,
  },
  en: {
    found:
      'I am an offline demo without a language model, but this is what fits best in the files:',
    notFound: 'I found nothing about that in the files. Could you put it in other words?',
    ran: (output: string) => `This is what it printed:\n\`\`\`\n${output}\n\`\`\``,
  },
}

const maxExcerpt = 300

/** The sentences of the passage around the one that has most in common with the question, in one line. */
function excerpt(text: string, question: string): string {
  // Headings and quotations of Markdown would show as such.
  const plain = text.replaceAll(/^[ \t]*(?:#{1,6}|>)[ \t]+/gm, '').replaceAll(/\s+/g, ' ')
  const sentences = plain.match(/[^。！？.!?]+[。！？.!?]*/g) ?? []
  const wanted = toGrams(question)
  const shared = sentences.map((sentence) => toGrams(sentence).intersection(wanted).size)
  const best = Math.max(0, shared.indexOf(Math.max(...shared)))
  let found = ''
  for (const sentence of sentences.slice(best)) {
    if (found !== '' && found.length + sentence.length > maxExcerpt) break
    found += sentence
  }
  return Array.from(found.trim()).slice(0, maxExcerpt).join('')
}

function toGrams(text: string): Set<string> {
  const folded = fold(text).replaceAll(/[^\p{L}\p{N}]/gu, '')
  return new Set(Array.from({ length: folded.length }, (_, at) => folded.slice(at, at + 2)))
}

/** Less the lines that are put before and after it: who speaks, and which files came with it. */
function toQuestion(text: string): string {
  return text
    .replace(/^\s*\[from [^\]\n]{1,100}\][ \t]*(?:\n|$)/, '')
    .replaceAll(attachedLine, '')
    .trim()
}

const attachedLine = /^\[(?:attached|could not be read): "[^\n]*"\]$/gm

function textOf(message: Message | undefined): string {
  const content = message?.content
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}

function descriptionOf(tools: ModelRequest['tools'], name: string): string | undefined {
  const tool = tools?.find((each) => each.type === 'function' && each.function.name === name)
  return tool?.type === 'function' ? (tool.function.description ?? '') : undefined
}
