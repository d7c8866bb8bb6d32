import type OpenAI from 'openai'

import { ProviderError } from '../../errors.ts'
import type { NewId } from '../../ids.ts'
import type { ModelEvent, TurnState } from '../../models/driver.ts'
import type { Run, StepRecord, TurnUsage } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'
import { completeStep, type ClosedStep } from './close-step.ts'
import type { FunctionCalls } from './endings/requires-action.ts'
import { openMessageStep, openToolStep, type OpenedStep } from './open-step.ts'
import { createToolCallStream } from './tool-call-stream.ts'
import { noTokens } from './usage.ts'

type Block = OpenAI.Beta.Threads.TextContentBlock | OpenAI.Beta.Threads.RefusalContentBlock
type BlockDelta = OpenAI.Beta.Threads.TextDeltaBlock | OpenAI.Beta.Threads.RefusalDeltaBlock

/** What one answer of the model becomes: a message step, a step of tool calls, or both. */
export interface Turn {
  /** Takes the next piece of the answer; done when everybody may see it. */
  add(event: Exclude<ModelEvent, { type: 'finish' }>): Promise<void>
  /** The answer is over: what was held back goes out. Usage is counted for the last step. */
  finish(end: TurnEnd): void
  /** Steps of this turn that are closed already: the text before tool calls. */
  closed(): StepRecord[]
  /** The open step, with all that has come for it. */
  open(): StepRecord | undefined
  /** What was counted for an answer that became no step: all of it was thought, say. */
  stepless(): TurnUsage | null
  calls(): FunctionCalls
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
  /** Writes a step that opens, and the one that closes before it; throws if the run has moved on. */
  advance: (opened: OpenedStep, previous?: ClosedStep) => Promise<void>
  emit: (event: RunEvent) => void
}

/** More than any model says in a turn; an endpoint that never stops would fill the memory. */
const maxLength = 4 * 1024 * 1024
const maxCalls = 128

export function createTurn({ run, newId, now, advance, emit }: TurnDeps): Turn {
  const toolCalls = createToolCallStream({ newCallId: () => newId('call_') })
  const closed: StepRecord[] = []
  const blocks: Block[] = []
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
    if (!open) {
      const ids = { stepId: newId('step_'), messageId: newId('msg_'), now: now() }
      const opened = openMessageStep(run, ids)
      await advance(opened)
      open = opened.record
    }
    const content = [append(blocks, { type, text: heldBack + text })]
    heldBack = ''
    const id = open.message?.id ?? ''
    emit({
      event: 'thread.message.delta',
      data: { id, object: 'thread.message.delta', delta: { content } },
    })
  }

  async function addToolCall(fragment: Extract<ModelEvent, { type: 'tool_call' }>): Promise<void> {
    if (!open || open.message) {
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

  function emitCalls(deltas: OpenAI.Beta.Threads.Runs.FunctionToolCallDelta[]): void {
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
      return { ...record, usage: turnUsage, message: { ...record.message, content } }
    }
    const calls = toolCalls.calls().map(({ id, type, function: called }) => ({
      id,
      type,
      function: { ...called, output: null },
    }))
    const step = {
      ...record.step,
      step_details: { type: 'tool_calls' as const, tool_calls: calls },
    }
    return { ...record, step, usage: turnUsage, state: turnState }
  }

  return {
    async add(event) {
      length += event.type === 'tool_call' ? (event.arguments?.length ?? 0) : event.text.length
      if (length > maxLength) throw tooLong()
      if (event.type === 'tool_call') await addToolCall(event)
      else await addText(event.type, event.text)
    },
    finish({ usage, state }) {
      turnUsage = usage
      turnState = state
      emitCalls(toolCalls.flush())
    },
    closed: () => closed,
    open: () => open && withContent(open),
    stepless: () => (open ? null : turnUsage),
    calls: () => toolCalls.calls(),
  }
}

/** Adds to the last block if it is of the same kind; answers the delta that says so. */
function append(
  blocks: Block[],
  { type, text }: { type: 'text' | 'refusal'; text: string },
): BlockDelta {
  const last = blocks.at(-1)
  if (type === 'refusal') {
    if (last?.type === 'refusal') last.refusal += text
    else blocks.push({ type: 'refusal', refusal: text })
    return { index: blocks.length - 1, type: 'refusal', refusal: text }
  }
  if (last?.type === 'text') {
    last.text.value += text
    return { index: blocks.length - 1, type: 'text', text: { value: text } }
  }
  blocks.push({ type: 'text', text: { value: text, annotations: [] } })
  return { index: blocks.length - 1, type: 'text', text: { value: text, annotations: [] } }
}

function tooLong(): ProviderError {
  return new ProviderError('server_error', 'The model endpoint sent an answer that never ends.')
}
