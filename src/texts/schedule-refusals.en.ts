/** Why a change of a timetable is refused. */
export const scheduleRefusals = {
  too_many_classes: 'there would be {{number}} classes, and {{max}} are the most; remove old ones',
  too_many_assignments:
    'there would be {{number}} assignments, and {{max}} are the most; remove old ones',
  too_many_holidays:
    'there would be {{number}} holidays, and {{max}} are the most; remove old ones',
  too_many_terms: 'there would be {{number}} terms, and {{max}} are the most; remove old ones',
  timetable_too_large:
    'the timetable would take {{mb}} MB, and {{max}} MB are the most; shorten the notes or remove old classes',
  bad_name: 'a name cannot be empty, longer than {{max}} characters or several lines',
  bad_date: 'a date has to lie in the years 1900 to 2200',
  bad_time: 'a time has to lie between 0:00 and 23:59, and a class has to end after it begins',
  bad_days: 'the last day has to lie in the years 1900 to 2200, and not before the first',
  bad_url: 'a link has to begin with https:// or http:// and have at most {{max}} characters',
  bad_notes: 'notes can have at most {{max}} characters',
  bad_weeks: 'a term has 1 to 60 weeks',
  bad_zone: 'there is no such time zone',
  note_too_long: 'the name of the file is longer than {{max}} characters',
  too_many_calendars: 'at most {{max}} calendars can be followed; remove one first',
  bad_address: 'the address cannot be used',
  not_kept: 'the change before was so large that it is not kept, so it cannot be taken back',
  bad_request: 'something in it cannot be used',
  gone: 'what you mean is not there any more',
}

/** Why a calendar on the web is not in a timetable. */
export const calendarFailures = {
  address: 'the address leads on to one that cannot be used',
  private: 'the address is not on the public internet',
  status: 'its server answers with status {{status}}',
  too_large: 'it is larger than 10 MB',
  too_slow: 'its server takes longer than 15 seconds',
  redirects: 'the address leads on too many times',
  unreachable: 'its server cannot be reached',
  no_calendar: 'what is at this address is no calendar that can be read',
  too_complex: 'reading it takes too long',
  stale: 'the schedule was changed at the same time',
  unknown: 'something went wrong on my side',
}
