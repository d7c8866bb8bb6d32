import { hasHints } from './language.ts'

/** What people say to a bot that is not about the schedule. */
export type SmallTalk =
  /** `rest` is the sentence without it: a question may follow. */
  | { kind: 'name_given'; name: string; rest: string }
  | { kind: 'name_asked' }
  | { kind: 'history_asked'; which: 'first' | 'last' }
  | { kind: 'today_asked' }
  | { kind: 'assent' }
  | { kind: 'complaint' }
  | { kind: 'languages' }
  | { kind: 'read_only' }
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
  /(?:今天|现在|当前|今日)(?:是)?(?:几月)?(?:几号|几月|星期几|周几|礼拜几|什么日子|几点|什么时间)|^(?:那|今|明|后|昨|大|前|天|上|下|这|周|星期|礼拜|[一二三四五六日末]|[\d月号年/.\s-]|是|的)*(?:几号|星期几|周几|礼拜几)(?:了|呀|啊)?\s*[?]?$|今天日期|^(?:hey|hi|so|and|ok|[\s,])*what(?:'s| is)? (?:the |today's )?(?:date|day|time)(?: is it)?(?: today| now| right now)?\s*[?.!]*\s*$|\bwhat (?:day|date|time) is it\b|\bwhat(?:'s| is)? (?:the )?(?:date|day) (?:is )?(?:tomorrow|next \w+day)\b|\bwhat day is today\b/
const greeting =
  /^(?:瓜瓜|guagua|有人吗|what's up|whats up|sup|how are you(?: doing)?|最近怎么样|你怎么样|你好|您好|哈喽|哈罗|嗨|早上好|下午好|晚上好|早安|晚安好|大家好|在吗|在不在|hi|hello|hey|good (?:morning|afternoon|evening)|yo|嘿)(?:[\s,!.~?]|呀|啊|吗|瓜瓜|guagua|there|everyone|all)*$/
const thanks =
  /^(?:好的|ok|okay|great|嗯)?[\s,!.]*(?:谢谢|谢啦|谢了|3q|tks|ty|thank u|多谢|感谢|辛苦了|thanks|thank you|thx|cheers)(?:[\s,!.~]|你|您|啦|了|瓜瓜|guagua|very much|a lot|so much)*$/
const goodbye =
  /^(?:(?:ok|okay|好的?)[\s,]*)?(?:再见|拜拜|晚安|回头见|bye|goodbye|see you|good night)(?:[\s,!.~]|啦|later|bye)*$/
const identity =
  /你(?:是|叫)(?:谁|什么|啥|哪|机器|人|ai|不是|真)|你(?:都)?(?:能|会|可以)(?:帮我|做|干|帮|回答)*(?:些)?(?:什么|啥|哪些)|你多大|你(?:是)?(?:怎么|如何)(?:实现|工作|做)|你?(?:用|是)的?(?:什么|哪个)(?:大)?模型|系统提示|提示词是|功能介绍|怎么玩|有什么功能|怎么(?:用你|使用)|你的?名字|介绍一?下?(?:你)?自己|自我介绍|^(?:开始|菜单|start|menu|帮助|帮帮我|help(?: me)?|\/help|使用说明|功能)\s*[?!.]*$|\bwho are you\b|\bwhat are you\b|\b(?:what|which) (?:ai |language )?model\b|\bhow (?:does|do) (?:this|it|you) work\b|\bsystem prompt\b|\bwhat (?:is|'s) this\b|\bwhat(?: else)? can (?:you|i) (?:do|ask|help)\b|^can you help(?: me)?\W*$|\bhow (?:do|can|should) i use you\b|\byour name\b|\bare you (?:a |an )?(?:real|human|bot|robot|ai|chatgpt|gpt)\b|\bintroduce yourself\b/
const connect =
  /(?:api ?key|密钥).{0,8}(?:设置|配置|填|怎么|哪)|部署你|(?:接入?|连接?上?|配置|换成?|启用|设置).{0,12}(?:模型|大模型|gpt|openai|deepseek|qwen|通义|ollama|api ?key)|\b(?:connect|configure|set ?up|switch to|plug in|enable|use)\b.{0,24}\b(?:model|llm|openai|gpt\S{0,6}|deepseek|qwen|ollama|api key)\b|openai_(?:api_key|base_url|model)/
const notInSchedule =
  /取消了|最好的|最受欢迎|最有意思|多少(?:个|位)?(?:学生|同学|人(?=上|报|参加|学))|\bstudents?\b|停课|改期|(?<!微)调课|\bcancel(?:l?ed)\b|\bpostponed\b|推荐|最?难[的不吗]?[?？]?$|讲得|评价|电话|联系方式|微信|邮箱|链接|会议号|腾讯会议|请假|证书|人数|\brecommend|\bshould i (?:take|learn)|\b(?:hard|difficult|easy|hardest|easiest)\b|\b(?:good|best|better) (?:teacher|course|class|instructor)|\be-?mail\b|\bphone\b|\bcontact\b|\blinks?\b|\bzoom\b|\bsign up\b|\bcertificate|多少钱|价格|学费|费用|怎么报名|如何报名|作业|考试|成绩|课件|讲义|回放|录播|\bprice|\bcost|\bfees?\b|\benroll|\bhomework\b|\bassignments?\b|\bexams?\b|\bgrades?\b|\brecordings?\b|\bslides\b/

const assent =
  /^(?:好+的?|嗯+|哦+|噢|行|可以|收到|明白了?|知道了|了解|懂了|没事了?|算了|不用了|测试|test|nvm|never mind|ok|okay|k|kk|fine|got it|i see|sure|yes|no|yeah|yep|nope|cool|nice|great|awesome|哈+|呵+|嘿+|lol|lmao|ha(?:ha)+|233+|6{2,}|(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f|\s)+)(?:[\s,!.~?]|吧|啦|呀|啊|的|了)*$/u
const complaint =
  /笨|蠢|傻|垃圾|废物|滚(?:开|蛋)?$|没用|智障|白痴|妈的|\b(?:you|u|this|it)(?:'re| are|'s| is)? (?:so |really )?(?:suck|stupid|dumb|useless|bad|terrible|awful|idiot|trash)|\bfuck|\bshit\b|\bstupid\b|\bidiot\b|\bbad bot\b/
const languages =
  /(?:会|懂|能)(?:说|讲|用)?(?:中文|英文|英语|汉语|日语|普通话)|\b(?:speak|understand|know) (?:chinese|english|mandarin|japanese|spanish|french|german)\b/
/** Scripts of other languages; Japanese has kana, whatever else it is written in. */
const foreign =
  /[¿¡\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Thai}\p{Script=Devanagari}]/u
const readOnly =
  /提醒|闹钟|(?:取消(?!了)|删除|删掉|修改|调整|改到|改成|调到|换到|加一?[节门个]|添加|新增|导入|上传|导出|预约|报个?名|选课).{0,12}|(?:换成|用)(?:我们?|自己).{0,6}课表|\bremind|\balarm\b|\b(?:cancel|delete|remove|reschedule|move|add|create|book|change|edit|import|upload|export|set)\b.{0,24}\b(?:class|classes|lesson|lessons|course|courses|schedule|timetable|reminder)\b/

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
    [assent, { kind: 'assent' }],
    [complaint, { kind: 'complaint' }],
    [languages, { kind: 'languages' }],
    [readOnly, { kind: 'read_only' }],
    [notInSchedule, { kind: 'not_in_schedule' }],
  ]
  const isForeign = foreign.test(text) || (/[\u00C0-\u024F]/.test(text) && !hasHints(folded))
  if (isForeign) return { kind: 'languages' }
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
