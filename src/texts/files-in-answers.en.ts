/** What is said about files that come with a question or with its answer. */
export const filesInAnswers = {
  attached: {
    question_one: 'What is in the attached file?',
    question_other: 'What is in the attached files?',
    reading: 'Reading {{name}}…',
    more: '{{names}} and {{number}} more',
    left: {
      unsupported: 'Not read: {{names}}. I cannot work with files of this type.',
      too_large: 'Not read: {{names}}. A file may have at most {{megabytes}} MB.',
      too_many: 'Not read: {{names}}. That is too many files at once; at most {{most}}.',
      not_fetched: 'Not read: {{names}}. Discord did not hand it over; please send it again.',
      not_kept: 'Not read: {{names}}. I could not keep it; please send it again.',
    },
    unread: {
      unsupported: 'Could not be searched: {{names}}. I cannot read files of this kind.',
      scanned:
        'Could not be searched: {{names}}. It looks scanned and has no text; recognise its text (OCR) and send it again.',
      empty: 'Could not be searched: {{names}}. There is no text in it.',
      password:
        'Could not be searched: {{names}}. It has a password or an old format; save it as PDF or .docx without one.',
      damaged: 'Could not be searched: {{names}}. The file is damaged, or not what its name says.',
      too_large: 'Could not be searched: {{names}}. It is too large or too complicated.',
      unknown: 'Could not be searched: {{names}}. Something went wrong while I read it.',
      still_reading: 'Still being read: {{names}}. Please ask again in a moment.',
    },
  },
  sources: {
    button: 'Sources',
    page: '{{name}} p. {{page}}',
    heading: '{{name}}, {{heading}}',
    unnamed: 'a file',
    earlier: 'I found this passage for an earlier answer.',
    inFile: 'All of it is in the file.',
    gone: 'What this answer is based on is not kept any more.',
  },
  code: {
    button: 'Code',
    output: 'Output:',
    noOutput: 'It printed nothing.',
    picture: 'Picture {{number}}',
    inFile: 'All of it is in the file.',
    gone: 'The code of this answer is not kept any more.',
  },
  made: {
    alt: 'Picture made by Python: {{name}}',
    tooLarge: 'Not attached: {{names}}. It is larger than Discord takes here.',
    tooMany: 'Not attached: {{names}}. A message holds ten files.',
    missing: 'Not attached: {{names}}. The file is not there.',
    refused: 'Discord did not take the files of this answer.',
  },
}
