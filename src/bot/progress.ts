import type OpenAI from 'openai'

export interface Progress {
  /** The whole answer so far. */
  text: string
  /** The function that is being asked for or executed. */
  tool: string | null
}

/** Follows a run's events. */
export interface ProgressTracker {
  take(event: OpenAI.Beta.AssistantStreamEvent): void
  /** The whole answer so far. */
  text(): string
}

/** Joins the run's messages with blank lines and knows which function it is asking for. */
export function createProgressTracker(onProgress: (progress: Progress) => void): ProgressTracker {
  let text = ''
  let tool: string | null = null
  let isNewMessage = false
  /** The first half of a character whose second half is in the next piece. */
  let half = ''

  /** Only ever appends: what was shown already must stay a beginning of the text. */
  function write(piece: string): void {
    const whole = half + piece
    half = /[\uD800-\uDBFF]$/.exec(whole)?.[0] ?? ''
    // Discord's text is Unicode: it takes no half characters.
    const pieces = whole.slice(0, whole.length - half.length).toWellFormed()
    const visible = text === '' ? pieces.trimStart() : pieces
    if (visible === '') return
    if (isNewMessage && text !== '') text += blankLineAfter(text)
    isNewMessage = false
    text += visible
    tool = null
    onProgress({ text, tool })
  }

  return {
    take(event) {
      if (event.event === 'thread.message.delta') {
        for (const part of event.data.delta.content ?? []) {
          if (part.type === 'text') write(part.text?.value ?? '')
          else if (part.type === 'refusal') write(part.refusal ?? '')
        }
      } else if (event.event === 'thread.message.created') {
        isNewMessage = true
      } else if (event.event === 'thread.run.step.delta') {
        const name = functionNameOf(event.data)
        if (name === null) return
        tool = name
        onProgress({ text, tool })
      }
    },
    text: () => text,
  }
}

function blankLineAfter(text: string): string {
  if (text.endsWith('\n\n')) return ''
  return text.endsWith('\n') ? '\n' : '\n\n'
}

/** The name of a function whose call begins with this fragment. */
function functionNameOf({ delta }: OpenAI.Beta.Threads.Runs.RunStepDeltaEvent): string | null {
  const details = delta.step_details
  if (details?.type !== 'tool_calls') return null
  for (const call of details.tool_calls ?? []) {
    if (call.type === 'function' && call.function?.name) return call.function.name
  }
  return null
}
