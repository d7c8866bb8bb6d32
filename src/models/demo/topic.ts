const classWord =
  '(?:课程表|课表|课程|课(?!堂)|讲座|class(?:es)?|lessons?|courses?|sessions?|lectures?|schedules?|timetables?)'
/** Says that a sentence is about classes, teachers or a timetable. */
export const topic = new RegExp(
  `${classWord}|[几多][节堂门]|第.{1,3}[节堂]|[上下]一?[节堂]|什么时候[上讲开]|老师|讲师|教师|教授|谁(?:来|会|在|要)?[讲教上带授]|[讲教授]|有空|忙|日程|安排|teach|taught|instructor|lecturer|professor|\\bbus(?:y|ier)\\b|\\bfree\\b|\\bhow (?:often|many times)\\b`,
)
