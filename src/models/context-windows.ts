/**
 * Context windows in tokens by the beginning of the model's name; the longest beginning that fits
 * counts. From the vendors' model pages. Self-hosted models are served with what memory allows, so
 * their entries are on the careful side.
 */
const windows: Record<string, number> = {
  'gpt-3.5-turbo': 16_385,
  'gpt-4': 8_192,
  'gpt-4-32k': 32_768,
  'gpt-4-turbo': 128_000,
  'gpt-4-0125': 128_000,
  'gpt-4-1106': 128_000,
  'gpt-4o': 128_000,
  'gpt-4.1': 1_047_576,
  'gpt-5': 400_000,
  o1: 200_000,
  'o1-mini': 128_000,
  'o1-preview': 128_000,
  o3: 200_000,
  o4: 200_000,
  deepseek: 64_000,
  'qwen-max': 32_768,
  'qwen-plus': 131_072,
  'qwen-turbo': 131_072,
  qwen: 32_768,
  glm: 128_000,
  moonshot: 128_000,
  kimi: 128_000,
  claude: 200_000,
  gemini: 1_000_000,
  mistral: 32_768,
  mixtral: 32_768,
  llama: 32_768,
  gemma: 32_768,
  phi: 16_384,
}

const defaultWindow = 128_000

/** The context window of a model, prompt and completion together; 128 000 for an unknown name. */
export function contextWindowOf(model: string): number {
  // Gateways put the vendor in front: `openai/gpt-4o`.
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  const [best] = Object.keys(windows)
    .filter((prefix) => name.startsWith(prefix))
    .toSorted((a, b) => b.length - a.length)
  return (best === undefined ? undefined : windows[best]) ?? defaultWindow
}
