import type ICAL from 'ical.js'

import { lengthLimits } from '../timetable-rows.ts'
import type { EventDetails } from './calendar-details.ts'
import { toName, toNameOrNull, toNotes } from './text-fields.ts'

type OwnKind = 'class' | 'assignment' | 'holiday'

/** The UID under which our own calendars (`to-calendar.ts`) give a row of a guild out. */
export function ownUid(kind: OwnKind, id: number, guildId: string): string {
  return `${kind}-${id}.${guildId}@guagua`
}

/** What an event of one of our own calendars is, whatever it is called; null: it is of another one. */
export function ownKindOf(uid: string): OwnKind | null {
  const [, kind] = /^(class|assignment|holiday)-\d{1,16}\.[^@]{1,100}@guagua$/u.exec(uid) ?? []
  return kind === 'class' || kind === 'assignment' || kind === 'holiday' ? kind : null
}

/** Whether a row was given out by this guild itself. */
export function isFromGuild(sourceId: string | null, guildId: string): boolean {
  const [uid = ''] = (sourceId ?? '').split('/', 1)
  return ownKindOf(uid) !== null && uid.endsWith(`.${guildId}@guagua`)
}

const teacherLine = /^(?:Teacher: |教师：)(.+)(?:\n|$)/u

/** Each member stands in a place of its own, so nothing is guessed from the others. */
export function readOwnDetails(component: ICAL.Component): EventDetails {
  const description = textOf(component, 'description')
  return {
    courseName: toName(textOf(component, 'summary')),
    instructor: toName(teacherLine.exec(description)?.[1] ?? ''),
    room: toNameOrNull(textOf(component, 'location')),
    onlineUrl: toUrl(textOf(component, 'url')),
    notes: toNotes(description.replace(teacherLine, '')),
  }
}

/** Anybody may have written it. */
function toUrl(text: string): string | null {
  const isWeb = /^https?:$/u.test(URL.parse(text)?.protocol ?? '')
  const isFine = text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
  return isWeb && isFine && text.length <= lengthLimits.url ? text : null
}

function textOf(component: ICAL.Component, name: string): string {
  const value = component.getFirstPropertyValue(name)
  return typeof value === 'string' ? value : ''
}
