import type { filesInAnswers as english } from './files-in-answers.en.ts'

export const filesInAnswers: typeof english = {
  attached: {
    question_one: '附件里是什么内容？',
    question_other: '附件里是什么内容？',
    reading: '正在阅读 {{name}}…',
    more: '{{names}} 等另外 {{number}} 个文件',
    left: {
      unsupported: '没有读取：{{names}}。我处理不了这种类型的文件。',
      too_large: '没有读取：{{names}}。单个文件最大 {{megabytes}} MB。',
      too_many: '没有读取：{{names}}。一次的文件太多了，最多 {{most}} 个。',
      not_fetched: '没有读取：{{names}}。没能从 Discord 取到文件，请再发一次。',
      not_kept: '没有读取：{{names}}。文件没能保存下来，请再发一次。',
    },
    unread: {
      unsupported: '无法检索：{{names}}。我读不了这种文件。',
      scanned: '无法检索：{{names}}。它像是扫描件，没有文字；请先做文字识别（OCR）再发一次。',
      empty: '无法检索：{{names}}。里面没有文字。',
      password: '无法检索：{{names}}。它有密码或是旧格式，请另存为不带密码的 PDF 或 .docx。',
      damaged: '无法检索：{{names}}。文件已损坏，或者内容和文件名不符。',
      too_large: '无法检索：{{names}}。文件太大或太复杂。',
      unknown: '无法检索：{{names}}。读取时出了问题。',
      still_reading: '还在阅读：{{names}}。请稍后再问一次。',
    },
  },
  sources: {
    button: '出处',
    page: '{{name}} 第 {{page}} 页',
    heading: '{{name}}，{{heading}}',
    unnamed: '某个文件',
    earlier: '这段内容是之前回答时找到的。',
    inFile: '完整内容在附件里。',
    gone: '这个回答的出处已经不再保存。',
  },
  code: {
    button: '代码',
    output: '输出：',
    noOutput: '没有输出。',
    picture: '图片 {{number}}',
    inFile: '完整内容在附件里。',
    gone: '这个回答的代码已经不再保存。',
  },
  made: {
    alt: 'Python 生成的图片：{{name}}',
    tooLarge: '没有附上：{{names}}。超过了 Discord 在这里允许的大小。',
    tooMany: '没有附上：{{names}}。一条消息最多十个文件。',
    missing: '没有附上：{{names}}。文件不存在。',
    refused: 'Discord 没有接受这个回答的文件。',
  },
}
