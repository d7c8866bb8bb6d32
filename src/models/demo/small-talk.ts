/** What people say to a bot that is not about the schedule. */
export type SmallTalk =
  /** `rest` is the sentence without it: a question may follow. */
  | { kind: 'name_given'; name: string; rest: string }
  | { kind: 'name_asked' }
  | { kind: 'history_asked'; which: 'first' | 'last' }
  | { kind: 'today_asked' }
  | { kind: 'greeting' }
  | { kind: 'thanks' }
  | { kind: 'goodbye' }
  | { kind: 'identity' }
  | { kind: 'connect' }
  | { kind: 'not_in_schedule' }

const maxNameLength = 30

const nameAsked =
  /我(?:叫|是)(?:什么(?:名字)?|啥|谁)|我的?名字(?:是|叫)?(?:什么|啥)|记得我(?:是谁|叫|的?名字|吗)|我是谁|\bwhat(?:'s| is) my name\b|\bwho am i\b|\b(?:know|remember) (?:my name|me|who i am)\b|\bdo you know what i(?:'m| am) called\b/
const nameGiven =
  /(?:我叫|我的?名字(?:是|叫)|(?:请)?叫我|你可以叫我)\s*(?<zh>[^\s,.?!;:()"'什啥]{1,30})|\b(?:my name is|my name's|call me|i am called)\s+(?<en>[\p{L}\p{M}][\p{L}\p{M}\p{N}'-]{0,29})(?<second> \p{Lu}[\p{L}\p{M}'-]{0,20})?|^(?:(?:hi|hello|hey),? )?i(?:'m| am) (?<short>\p{Lu}[\p{L}\p{M}'-]{0,29})\s*[.!,]?\s*$/iu
const historyAsked =
  /我(?:刚才|刚刚|之前|前面|上次|一开始|最开始|最早|第一[次个句])?(?:都)?(?:问题?(?:了|过)?(?:你)?(?:的)?|说(?:了|过))(?:是)?(?:些)?(?:什么|哪些|啥)|我(?:的)?(?:上一?个|第一个|刚才的)问题|我(?:刚才|刚刚|之前).{0,6}(?:问|说)|\bwhat did i (?:just )?(?:ask|say)\b|\bmy (?:last|first|previous) (?:question|message)\b|\bwhat (?:was|were) i asking\b|\bwhat have i asked\b/
const todayAsked =
  /(?:今天|现在|当前|今日)(?:是)?(?:几月)?(?:几号|几月|星期几|周几|礼拜几|什么日子|几点|什么时间)|(?:几号|星期几|周几)(?:了|呀|啊)?\s*[?]?$|今天日期|\bwhat(?:'s| is)? (?:the |today's )?(?:date|day|time)(?: is it)?(?: today| now| right now)?\s*[?.!]*\s*$|\bwhat (?:day|date|time) is it\b|\bwhat day is today\b/
const greeting =
  /^(?:你好|您好|哈喽|哈罗|嗨|早上好|下午好|晚上好|早安|晚安好|大家好|在吗|在不在|hi|hello|hey|good (?:morning|afternoon|evening)|yo|嘿)(?:[\s,!.~?]|呀|啊|吗|瓜瓜|guagua|there|everyone|all)*$/
const thanks =
  /^(?:好的|ok|okay|great|嗯)?[\s,!.]*(?:谢谢|多谢|感谢|辛苦了|thanks|thank you|thx|cheers)(?:[\s,!.~]|你|您|啦|了|瓜瓜|guagua|very much|a lot|so much)*$/
const goodbye =
  /^(?:再见|拜拜|晚安|回头见|bye|goodbye|see you|good night)(?:[\s,!.~]|啦|later|bye)*$/
const identity =
  /你(?:是|叫)(?:谁|什么|啥|哪|机器|人|ai|不是|真)|你(?:都)?(?:能|会|可以)(?:做|干|帮|回答)?(?:些)?(?:什么|啥|哪些)|怎么(?:用你|使用)|你的?名字|介绍一?下?(?:你)?自己|自我介绍|^(?:帮助|help|\/help|使用说明|功能)\s*[?!.]*$|\bwho are you\b|\bwhat are you\b|\bwhat(?: else)? can (?:you|i) (?:do|ask|help)\b|\bhow (?:do|can|should) i use you\b|\byour name\b|\bare you (?:a |an )?(?:real|human|bot|robot|ai|chatgpt|gpt)\b|\bintroduce yourself\b/
const connect =
  /(?:接入?|连接?上?|配置|换成?|启用|设置).{0,12}(?:模型|大模型|gpt|openai|deepseek|qwen|通义|ollama|api ?key)|\b(?:connect|configure|set ?up|switch to|plug in|enable|use)\b.{0,24}\b(?:model|llm|openai|gpt\S{0,6}|deepseek|qwen|ollama|api key)\b|openai_(?:api_key|base_url|model)/
const notInSchedule =
  /多少钱|价格|学费|费用|怎么报名|如何报名|作业|考试|成绩|课件|讲义|回放|录播|\bprice|\bcost|\bfees?\b|\benroll|\bhomework\b|\bassignments?\b|\bexams?\b|\bgrades?\b|\brecordings?\b|\bslides\b/

/**
 * Reads small talk from one sentence (tidied, and the same folded); null when it is none. A name is
 * taken from the text as it was written.
 */
export function readSmallTalk(text: string, folded: string): SmallTalk | null {
  if (nameAsked.test(folded)) return { kind: 'name_asked' }
  const given = readName(text)
  if (given !== null) return given
  if (historyAsked.test(folded)) {
    const which = /一开始|最开始|最早|第一|\bfirst\b/.test(folded) ? 'first' : 'last'
    return { kind: 'history_asked', which }
  }
  if (todayAsked.test(folded) && !/课|class|lesson|course/.test(folded)) {
    return { kind: 'today_asked' }
  }
  const simple: readonly [RegExp, SimpleTalk][] = [
    [greeting, { kind: 'greeting' }],
    [thanks, { kind: 'thanks' }],
    [goodbye, { kind: 'goodbye' }],
    [identity, { kind: 'identity' }],
    [connect, { kind: 'connect' }],
    [notInSchedule, { kind: 'not_in_schedule' }],
  ]
  return simple.find(([pattern]) => pattern.test(folded))?.[1] ?? null
}

type SimpleTalk = Exclude<SmallTalk, { name: string } | { which: string }>

/** The name somebody gives himself in a sentence. */
function readName(text: string): SmallTalk | null {
  const match = nameGiven.exec(text)
  const { zh, en, second, short } = match?.groups ?? {}
  // the pattern ignores case, but what follows "I'm" is a name only with a capital
  if (match === null || (short !== undefined && !isCapitalised(short))) return null
  const surname = isCapitalised(second?.trim()) ? second : ''
  const name =
    zh?.replace(/(?:吧|啊|呀|哦|了)$/, '') ?? (en === undefined ? short : `${en}${surname}`)
  if (name === undefined || name === '') return null
  const rest = text.slice(0, match.index) + text.slice(match.index + match[0].length)
  return { kind: 'name_given', name: name.slice(0, maxNameLength), rest }
}

function isCapitalised(word: string | undefined): boolean {
  return word !== undefined && /^\p{Lu}/u.test(word)
}
