/** Every English sentence that a user can see. `{{name}}` is filled in when it is shown. */
export const en = {
  activity: {
    ask_database: 'Looking up the schedule…',
    other: 'Working on it…',
  },
  ending: {
    stopped: 'Stopped.',
    interrupted: 'Interrupted: I am being restarted. Please ask again in a moment.',
    newThread: 'I could not find our earlier conversation any more, so this is a new one.',
    restInFile: 'The rest of the answer is in the file.',
  },
  failure: {
    model_down: 'The language model cannot be reached right now. Please try again in a moment.',
    rate_limit: 'The language model is getting too many questions. Please try again in a minute.',
    quota: 'The quota for the language model is used up. Please tell whoever runs this bot.',
    key_refused: 'The language model refused my key. Please tell whoever runs this bot.',
    model_unknown:
      'The language model I am set up with does not exist. Please tell whoever runs this bot.',
    too_slow: 'The language model took too long. Please try again.',
    empty_answer: 'The language model had nothing to say. Please try asking differently.',
    prompt_refused: 'The language model refused to answer that. Please try asking differently.',
    incomplete: 'The answer stopped here because it reached its length limit.',
    expired: 'That took longer than I am allowed for one answer. Please try again.',
    runtime_unreachable: 'I cannot reach my own memory right now. Please try again in a moment.',
    unknown: 'Something went wrong on my side. Please try again.',
    reference: '{{sentence}} (ref {{ref}})',
  },
  hint: {
    emptyMention:
      'Ask me something in the same message, e.g. “{{mention}} what classes are on tomorrow?”, or see `/help`.',
    unreadable: 'I can only read messages that mention me: add {{mention}} and your question.',
    busy: 'Too many questions are waiting here already. Please ask again in a minute.',
  },
  commands: {
    ask: {
      name: 'ask',
      description: 'Ask Guagua a question',
      question: { name: 'question', description: 'What you want to know' },
      private: {
        name: 'private',
        description: 'Only you see the answer, and it is a conversation of your own',
      },
    },
    reset: {
      name: 'reset',
      description: 'Forget this conversation and start a new one',
      done: 'Done: the next message starts a new conversation. You can bring the old one back until {{deadline}}.',
      nothing: 'There is no conversation here yet, so there is nothing to forget.',
      undo: 'Undo',
      undone: 'The earlier conversation is back.',
      tooLate: 'Too late: the earlier conversation has been deleted.',
    },
    stop: {
      name: 'stop',
      description: 'Stop the answer that is being written here',
      stopped: 'Stopped.',
      nothing: 'Nothing is being answered here right now.',
    },
    schedule: {
      name: 'schedule',
      description: 'Show the classes of a day or a week',
      when: { name: 'when', description: 'Which days (today by default)' },
      today: 'today',
      tomorrow: 'tomorrow',
      thisWeek: 'this week',
      nextWeek: 'next week',
      title: 'Classes {{when}}',
      empty: 'No classes {{when}}.',
      zone: 'Times are in {{timeZone}}.',
    },
    thread: {
      name: 'thread',
      description: 'Show details of this conversation’s thread',
      none: 'There is no thread here yet: it starts with the first question.',
      lost: 'The thread {{id}} does not exist any more: the next question starts a new one.',
      id: 'Thread: `{{id}}`',
      created: 'Started: {{date}} ({{age}})',
      messages: 'Messages: {{count}}',
      tokens: 'Tokens so far: {{total}} ({{prompt}} read, {{completion}} written)',
      more: '{{count}} or more',
    },
    help: {
      name: 'help',
      description: 'What Guagua can do here',
      intro:
        'I am **Guagua** (瓜瓜), the assistant of this class. Mention me, reply to me or send me a direct message.',
      introDirect: 'I am **Guagua** (瓜瓜), the assistant of this class. Just write to me here.',
      memory: 'I remember what was said in this conversation, until `/reset`.',
      schedule: 'I know the timetable: “who teaches next Tuesday evening?”',
      commands: 'Commands:',
    },
    private: {
      name: 'private',
      description: 'Your private conversation here instead of the shared one',
    },
  },
}

/** What a language has to provide: the same keys, each with a text. */
export type Texts = TextsLike<typeof en>

type TextsLike<Tree> = {
  [Key in keyof Tree]: Tree[Key] extends string ? string : TextsLike<Tree[Key]>
}
