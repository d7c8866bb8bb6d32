import type OpenAI from 'openai'

import { ProviderError } from '../../errors.ts'
import type { NewId } from '../../ids.ts'
import type { ModelEvent, TurnState } from '../../models/driver.ts'
import type { Annotation, Citations, CitedPiece } from '../citations/citations.ts'
import type { Message, Run, StepRecord, TurnUsage } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'
import { completeStep, type ClosedStep } from './close-step.ts'
import { readCode } from './hosted-arguments.ts'
import { callsOf, type HostedCall, type StoredCall } from './hosted-calls.ts'
import type { HostedKind } from './hosted-names.ts'
import { openMessageStep, openToolStep, type OpenedStep } from './open-step.ts'
import type { CalledHosted } from './run-tool.ts'
import { searchSettings } from './search-settings.ts'
import { createToolCallStream, type CalledTool } from './tool-call-stream.ts'
import { noTokens } from './usage.ts'

type Block = OpenAI.Beta.Threads.MessageContent
type BlockDelta = OpenAI.Beta.Threads.MessageContentDelta

/** What one answer of the model becomes: a message step, a step of tool calls, or both. */
export interface Turn {
  /** Takes the next piece of the answer; done when everybody may see it. */
  add(event: Exclude<ModelEvent, { type: 'finish' }>): Promise<void>
  /** The answer is over: what was held back goes out. Usage is counted for the last step. */
  finish(end: TurnEnd): Promise<void>
  /** Executes the calls that are not the user's functions, in their order. */
  execute(executeCall: (call: CalledHosted) => Promise<HostedCall>): Promise<void>
  /** Steps of this turn that are closed already: the text before tool calls. */
  closed(): StepRecord[]
  /** The open step, with all that has come for it. */
  open(): StepRecord | undefined
  /** What was counted for an answer that became no step: all of it was thought, say. */
  stepless(): TurnUsage | null
  calls(): CalledTool[]
}

export interface TurnEnd {
  usage: TurnUsage | null
  /** Kept with calls only: after a message alone the run asks nothing more. */
  state: TurnState | undefined
}

export interface TurnDeps {
  run: Run
  newId: NewId
  /** Unix seconds. */
  now: () => number
  /** What the model means by the name of a function. */
  kindOf: (name: string) => HostedKind | undefined
  /** Files with what code has drawn since the last message: a message shows them before its text. */
  pictures: readonly string[]
  /** Finds what a text cites; undefined where there is nothing to be cited. */
  createCitations: () => Citations | undefined
  /** Writes a step that opens, and the one that closes before it; throws if the run has moved on. */
  advance: (opened: OpenedStep, previous?: ClosedStep) => Promise<void>
  emit: (event: RunEvent) => void
}

/** More than any model says in a turn; an endpoint that never stops would fill the memory. */
const maxLength = 4 * 1024 * 1024
const maxCalls = 128

export function createTurn(deps: TurnDeps): Turn {
  const { run, newId, now, kindOf, pictures, createCitations, advance, emit } = deps
  const toolCalls = createToolCallStream({
    newCallId: () => newId('call_'),
    kindOf,
    search: { ranking_options: searchSettings(run).ranking_options, results: [] },
  })
  const executed = new Map<string, HostedCall>()
  const closed: StepRecord[] = []
  const blocks: Block[] = []
  let citations: Citations | undefined
  let open: StepRecord | undefined
  let heldBack = ''
  let length = 0
  let turnUsage: TurnUsage | null = null
  let turnState: TurnState | undefined

  async function addText(type: 'text' | 'refusal', text: string): Promise<void> {
    // White space around tool calls is no message.
    if (!open?.message && text.trim() === '') {
      heldBack += text
      return
    }
    // A message cannot follow the calls it came with: the run waits with their step open.
    if (open && !open.message) return
    if (!open) await openMessage()
    const whole = heldBack + text
    heldBack = ''
    if (type === 'refusal') {
      await finishText()
      emitContent([append(blocks, { type, refusal: whole })])
      return
    }
    // One for each block of text, which may hold back all that has come of it.
    citations ??= createCitations()
    emitPieces(citations ? await citations.add(whole) : [{ text: whole }])
  }

  async function openMessage(): Promise<void> {
    const ids = { stepId: newId('step_'), messageId: newId('msg_'), now: now() }
    const opened = openMessageStep(run, ids)
    await advance(opened)
    open = opened.record
    for (const file_id of pictures) {
      const picture = { file_id, detail: 'auto' as const }
      emitContent([append(blocks, { type: 'image_file', image_file: picture })])
    }
  }

  async function finishText(): Promise<void> {
    const rest = await citations?.finish()
    citations = undefined
    emitPieces(rest ?? [])
  }

  function emitPieces(pieces: CitedPiece[]): void {
    for (const { text, annotation } of pieces) {
      const part = { type: 'text', text, ...(annotation && { annotation }) } as const
      emitContent([append(blocks, part)])
    }
  }

  function emitContent(content: BlockDelta[]): void {
    const id = open?.message?.id ?? ''
    emit({
      event: 'thread.message.delta',
      data: { id, object: 'thread.message.delta', delta: { content } },
    })
  }

  async function addToolCall(fragment: Extract<ModelEvent, { type: 'tool_call' }>): Promise<void> {
    if (!open || open.message) {
      await finishText()
      const opened = openToolStep(run, { stepId: newId('step_'), now: now() })
      // What the turn costs is counted once, for the calls.
      const previous = open && completeStep({ ...withContent(open), usage: noTokens }, now())
      await advance(opened, previous)
      if (previous) closed.push(previous.record)
      open = opened.record
    }
    emitCalls(toolCalls.add(fragment))
    if (toolCalls.count() > maxCalls) throw tooLong()
  }

  function emitCalls(deltas: OpenAI.Beta.Threads.Runs.ToolCallDelta[]): void {
    const id = open?.step.id ?? ''
    for (const delta of deltas) {
      emit({
        event: 'thread.run.step.delta',
        data: {
          id,
          object: 'thread.run.step.delta',
          delta: { step_details: { type: 'tool_calls', tool_calls: [delta] } },
        },
      })
    }
  }

  function withContent(record: StepRecord): StepRecord {
    if (record.message) {
      // Copies, because the blocks grow on.
      const content = structuredClone(blocks)
      const attachments = toAttachments(content)
      return { ...record, usage: turnUsage, message: { ...record.message, content, attachments } }
    }
    const tool_calls = toolCalls
      .calls()
      .map((call) => executed.get(call.id) ?? toStoredCall(call, run))
    const step = { ...record.step, step_details: { type: 'tool_calls' as const, tool_calls } }
    return { ...record, step, usage: turnUsage, state: turnState }
  }

  return {
    async add(event) {
      length += event.type === 'tool_call' ? (event.arguments?.length ?? 0) : event.text.length
      if (length > maxLength) throw tooLong()
      if (event.type === 'tool_call') await addToolCall(event)
      else await addText(event.type, event.text)
    },
    async finish({ usage, state }) {
      turnUsage = usage
      turnState = state
      // A model that has nothing to say to what it drew has shown it.
      if (!open && pictures.length > 0) await openMessage()
      await finishText()
      emitCalls(toolCalls.flush())
    },
    async execute(executeCall) {
      for (const [position, call] of toolCalls.calls().entries()) {
        if (!isHosted(call)) continue
        const done = await executeCall(call)
        executed.set(call.id, done)
        const outputs = done.type === 'code_interpreter' ? done.code_interpreter.outputs : []
        emitCalls(toolCalls.executed(position, outputs))
      }
    },
    closed: () => closed,
    open: () => open && withContent(open),
    stepless: () => (open ? null : turnUsage),
    calls: () => toolCalls.calls(),
  }
}

/** Pictures that code has drawn since the run's last message, in their order; no more than fit. */
export function unseenPictures(steps: readonly StepRecord[]): string[] {
  const lastMessage = steps.findLastIndex(({ step }) => step.type === 'message_creation')
  const outputs = steps
    .slice(lastMessage + 1)
    .flatMap(({ step }) => callsOf(step))
    .flatMap((call) => (call.type === 'code_interpreter' ? call.code_interpreter.outputs : []))
  return outputs
    .flatMap((output) => (output.type === 'image' ? [output.image.file_id] : []))
    .slice(-maxPictures)
}

const maxPictures = 20

function isHosted(call: CalledTool): call is CalledHosted {
  return call.kind !== undefined
}

/** A call that was not executed, or not yet. */
function toStoredCall({ id, kind, name, arguments: text }: CalledTool, run: Run): StoredCall {
  switch (kind) {
    case 'file_search': {
      const { ranking_options } = searchSettings(run)
      return { id, type: kind, file_search: { ranking_options, results: [], arguments: text } }
    }
    case 'code_interpreter':
      return { id, type: kind, code_interpreter: { input: readCode(text) ?? '', outputs: [] } }
    case undefined:
      return { id, type: 'function', function: { name, arguments: text, output: null } }
    default:
      return kind satisfies never
  }
}

/** The files that the message links. */
function toAttachments(content: readonly Block[]): Message['attachments'] {
  const annotations = content.flatMap((block) =>
    block.type === 'text' ? block.text.annotations : [],
  )
  const fileIds = annotations.flatMap((each) =>
    each.type === 'file_path' ? [each.file_path.file_id] : [],
  )
  return [...new Set(fileIds)].map((file_id) => ({
    file_id,
    tools: [{ type: 'code_interpreter' }],
  }))
}

type Part =
  | { type: 'text'; text: string; annotation?: Annotation }
  | OpenAI.Beta.Threads.RefusalContentBlock
  | OpenAI.Beta.Threads.ImageFileContentBlock

/** Adds to the last block if it is of the same kind; answers the delta that says so. */
function append(blocks: Block[], part: Part): BlockDelta {
  const last = blocks.at(-1)
  switch (part.type) {
    case 'image_file':
      blocks.push(part)
      return { index: blocks.length - 1, ...part }
    case 'refusal':
      if (last?.type === 'refusal') last.refusal += part.refusal
      else blocks.push({ type: 'refusal', refusal: part.refusal })
      return { index: blocks.length - 1, type: 'refusal', refusal: part.refusal }
    case 'text':
      return appendText(blocks, part)
    default:
      return part satisfies never
  }
}

function appendText(
  blocks: Block[],
  { text: value, annotation }: Extract<Part, { type: 'text' }>,
): BlockDelta {
  const last = blocks.at(-1)
  const isFirst = !isTextBlock(last)
  const block = isTextBlock(last) ? last : newTextBlock()
  if (isFirst) blocks.push(block)
  block.text.value += value
  const annotations = annotation
    ? [toAnnotationDelta(annotation, block.text.annotations.length)]
    : []
  if (annotation) block.text.annotations.push(annotation)
  return {
    index: blocks.length - 1,
    type: 'text',
    text: { value, ...((isFirst || annotation) && { annotations }) },
  }
}

function newTextBlock(): OpenAI.Beta.Threads.TextContentBlock {
  return { type: 'text', text: { value: '', annotations: [] } }
}

function isTextBlock(block: Block | undefined): block is OpenAI.Beta.Threads.TextContentBlock {
  return block?.type === 'text'
}

/** Only deltas have an index, and a quote, which is always empty (reference 4.6). */
function toAnnotationDelta(
  annotation: Annotation,
  index: number,
): OpenAI.Beta.Threads.AnnotationDelta {
  if (annotation.type === 'file_path') return { index, ...annotation }
  const { file_id } = annotation.file_citation
  return { index, ...annotation, file_citation: { file_id, quote: '' } }
}

function tooLong(): ProviderError {
  return new ProviderError('server_error', 'The model endpoint sent an answer that never ends.')
}
