import type {
  calendarFailures as CalendarFailures,
  scheduleRefusals as ScheduleRefusals,
} from './schedule-refusals.en.ts'

type TextsLike<Texts> = { [Key in keyof Texts]: string }

export const scheduleRefusals: TextsLike<typeof ScheduleRefusals> = {
  too_many_classes: '课程会有 {{number}} 节，最多 {{max}} 节；请删除旧的',
  too_many_assignments: '作业会有 {{number}} 项，最多 {{max}} 项；请删除旧的',
  too_many_holidays: '假期会有 {{number}} 个，最多 {{max}} 个；请删除旧的',
  too_many_terms: '学期会有 {{number}} 个，最多 {{max}} 个；请删除旧的',
  timetable_too_large: '课表会占 {{mb}} MB，最多 {{max}} MB；请缩短备注或删除旧课',
  bad_name: '名称不能为空、不能超过 {{max}} 个字符、不能分行',
  bad_date: '日期要在 1900 年到 2200 年之间',
  bad_time: '时间要在 0:00 到 23:59 之间，下课要晚于上课',
  bad_days: '最后一天要在 1900 年到 2200 年之间，不能早于第一天',
  bad_url: '链接要以 https:// 或 http:// 开头，最多 {{max}} 个字符',
  bad_notes: '备注最多 {{max}} 个字符',
  bad_weeks: '一个学期有 1 到 60 周',
  bad_zone: '没有这个时区',
  note_too_long: '文件名超过 {{max}} 个字符',
  too_many_calendars: '最多跟随 {{max}} 个日历；请先删除一个',
  bad_address: '这个网址不能用',
  not_kept: '上一次更改太大，没有保存内容，所以无法撤销',
  bad_request: '其中有不能用的内容',
  gone: '你要找的已经不在了',
}

export const calendarFailures: TextsLike<typeof CalendarFailures> = {
  address: '网址转到了一个不能用的网址',
  private: '网址不在公共互联网上',
  status: '对方服务器返回状态 {{status}}',
  too_large: '超过 10 MB',
  too_slow: '对方服务器超过 15 秒没有答复',
  redirects: '网址转了太多次',
  unreachable: '连不上对方服务器',
  no_calendar: '这个网址上没有读得懂的日历',
  too_complex: '读取太久了',
  stale: '课程表同时有别的改动',
  unknown: '我这边出了点问题',
}
