/** Types by ending, for clients that send none. */
const byEnding: Record<string, string> = {
  txt: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  html: 'text/html; charset=utf-8',
  py: 'text/x-python; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  ts: 'application/typescript; charset=utf-8',
  ics: 'text/calendar; charset=utf-8',
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  zip: 'application/zip',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
}

/** What an upload is, from what its client said and from its name. */
export function contentTypeOf(filename: string, given: string): string {
  const isTelling = given !== '' && given !== 'application/octet-stream'
  if (isTelling && /^[\w.+-]+\/[\w.+-]+(;.*)?$/.test(given)) return given
  const ending = filename.split('.').at(-1)?.toLowerCase() ?? ''
  return byEnding[ending] ?? 'application/octet-stream'
}
