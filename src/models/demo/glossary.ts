/** What the subjects of AI courses are called in Chinese and in English, both folded. */
const pairs: readonly [chinese: string, english: RegExp][] = [
  ['提示', /prompt(?:s|ing)?/],
  ['微调', /fine[- ]?tun(?:e|ing)/],
  ['多模态', /multi[- ]?modal(?:ity)?/],
  ['智能体', /(?:ai )?agents?/],
  ['部署', /deploy(?:ment|ing)?/],
  ['推理', /inference/],
  ['加速', /acceleration/],
  ['答疑', /q ?& ?a|office hours|questions and answers/],
  ['直播', /live ?stream(?:ing)?/],
  ['产品', /products?(?: (?:design|manager|management))?/],
  ['编程', /programming|coding/],
  ['检索', /retrieval/],
  ['大模型', /llms?|(?:large )?language models?/],
  ['应用开发', /(?:app(?:lication)?s?) development/],
  ['function calling', /函数调用/],
  ['assistants', /助手/],
]

/** The words by which a course could be meant in the other language; empty: none are known. */
export function translate(word: string): string[] {
  return pairs.flatMap(([name, other]) => (other.test(word) ? [name] : []))
}
