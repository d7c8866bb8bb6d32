import type ICAL from 'ical.js'

import { toName, toNameOrNull, toNotes, toWebAddress } from './text-fields.ts'

export interface EventDetails {
  courseName: string
  instructor: string
  room: string | null
  onlineUrl: string | null
  notes: string | null
}

const teacherLine =
  /^[ \t]*(?:(?:任课|授课|主讲)?(?:教师|老师|讲师)|主讲人|teacher|instructor|lecturer|professor)[ \t]*[:：][ \t]*(.+)$/imu
const meetingHost =
  /zoom|meet\.google|teams|voov|tencent|feishu|larksuite|dingtalk|webex|bigbluebutton|jitsi/iu
const conferenceProperties = [
  'conference',
  'x-google-conference',
  'x-microsoft-skypeteamsmeetingurl',
  'x-microsoft-onlinemeetingexternallink',
]

/** Who, where and what of an event; its description may say who teaches. */
export function readDetails(component: ICAL.Component): EventDetails {
  const description = textOf(component, 'description')
  const location = textOf(component, 'location')
  return {
    courseName: toName(textOf(component, 'summary')),
    instructor: toName(
      teacherLine.exec(description)?.[1] ??
        nameOf(component, 'organizer') ??
        nameOf(component, 'attendee') ??
        '',
    ),
    room: toNameOrNull(location),
    onlineUrl: findLink(component, { description, location }),
    notes: toNotes(description.replace(teacherLine, '')),
  }
}

function textOf(component: ICAL.Component, name: string): string {
  const value = component.getFirstPropertyValue(name)
  return typeof value === 'string' ? value : ''
}

/** The name of a person; an address alone is nobody's name, but better than nothing. */
function nameOf(component: ICAL.Component, name: string): string | null {
  const property = component.getFirstProperty(name)
  if (!property) return null
  const common = property.getFirstParameter('cn')
  if (common) return common
  const value = property.getFirstValue()
  return typeof value === 'string' ? value.replace(/^mailto:/iu, '') : null
}

function findLink(
  component: ICAL.Component,
  { description, location }: { description: string; location: string },
): string | null {
  for (const name of conferenceProperties) {
    const link = toWebAddress(textOf(component, name))
    if (link !== null) return link
  }
  const inLocation = toWebAddress(location)
  if (inLocation !== null) return inLocation
  const inDescription = toWebAddress(description)
  if (inDescription !== null && meetingHost.test(inDescription)) return inDescription
  return toWebAddress(textOf(component, 'url'))
}
