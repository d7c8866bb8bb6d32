import type OpenAI from 'openai'

import { chooseModel } from './client.ts'

const instructions =
  '你叫瓜瓜。你是AGI课堂的助手。你只回答跟AI大模型有关的问题。不要跟学生闲聊。每次回答问题前，你要拆解问题并输出一步一步的思考过程。'

/** The assistant that the later steps talk to. `tools` are the functions it may ask for. */
export async function createGuagua(
  client: OpenAI,
  tools: OpenAI.Beta.AssistantTool[] = [],
): Promise<OpenAI.Beta.Assistant> {
  return client.beta.assistants.create({
    name: '瓜瓜',
    instructions,
    model: await chooseModel(client),
    tools,
  })
}
