import { type InteractionEditReplyOptions, MessageFlags } from 'discord.js'
import type OpenAI from 'openai'

import { toLocale, type Translate, type Translations } from '../i18n.ts'
import type { Answer } from './answer.ts'
import { codeBlock, shorten } from './code-block.ts'
import type { ButtonPress } from './command.ts'
import { findPressedRun, runButtonId } from './pressed-run.ts'
import { messageLimit } from './splitting.ts'
import type { MessageButton } from './surface.ts'

/** What the button's `custom_id` begins with. */
export const codeName = 'code'

type RunStep = OpenAI.Beta.Threads.Runs.RunStep
type CodeCall = OpenAI.Beta.Threads.Runs.CodeInterpreterToolCall['code_interpreter']

/** The button below an answer for which Python was run. */
export function codeButton(
  answer: Pick<Answer, 'calledTools' | 'threadId' | 'runId'>,
  t: Translate,
): MessageButton | undefined {
  const customId = runButtonId(codeName, answer)
  if (!answer.calledTools.has('code_interpreter') || customId === null) return undefined
  return { customId, label: t('code.button') }
}

export interface ShownCodeDeps {
  openai: OpenAI
  translations: Translations
}

/** Shows the code of one run and what it printed, to the one who asks only. */
export function createShownCode({ openai, translations }: ShownCodeDeps) {
  return async function press(pressed: ButtonPress): Promise<void> {
    const { interaction } = pressed
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const t = translations(toLocale(interaction.locale))
    const run = await findPressedRun(openai.beta, pressed)
    const calls = run?.steps.flatMap(callsOf) ?? []
    const isKept = calls.length > 0
    await interaction.editReply(isKept ? toReply(calls, t) : { content: t('code.gone') })
  }
}

function callsOf({ step_details: details }: RunStep): CodeCall[] {
  if (details.type !== 'tool_calls') return []
  return details.tool_calls.flatMap((call) =>
    call.type === 'code_interpreter' ? [call.code_interpreter] : [],
  )
}

function toReply(calls: readonly CodeCall[], t: Translate): InteractionEditReplyOptions {
  const content = calls.map((call) => toBlocks(call, t)).join('\n')
  const allowedMentions = { parse: [] }
  if (content.length <= messageLimit) return { content, allowedMentions }
  const first = codeBlock(shorten(calls[0]?.input ?? '', 1_000), 'py')
  return {
    content: `${first}\n-# ${t('code.inFile')}`,
    allowedMentions,
    files: [{ name: 'code.md', attachment: Buffer.from(content, 'utf8') }],
  }
}

function toBlocks({ input, outputs }: CodeCall, t: Translate): string {
  const logs = outputs.flatMap((output) => (output.type === 'logs' ? [output.logs] : [])).join('\n')
  const pictures = outputs
    .filter(({ type }) => type === 'image')
    .map((_, index) => `🖼️ ${t('code.picture', { number: index + 1 })}`)
  const printed = logs.trim() === '' ? [] : [`${t('code.output')}\n${codeBlock(logs)}`]
  const results = [...printed, ...pictures]
  return [codeBlock(input, 'py'), ...(results.length > 0 ? results : [t('code.noOutput')])].join(
    '\n',
  )
}
