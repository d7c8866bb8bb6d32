/** Pieces of the queries that find what the questions ask for. */

export const classes = (where: string) =>
  `SELECT course_date, start_time, course_name FROM Courses WHERE ${where}`
/** On a day that the question names, nobody needs to be told its date. */
export const on = (date: string, where = '') =>
  `SELECT start_time, course_name FROM Courses WHERE course_date = '${date}'${where}`
export const within = (from: string, to: string, where = '') =>
  classes(`course_date BETWEEN '${from}' AND '${to}'${where}`)
export const count = (where: string) => [
  `SELECT COUNT(*) FROM Courses WHERE ${where}`,
  classes(where),
]
export const due = (where: string) =>
  `SELECT title, due_date, due_time FROM Assignments WHERE ${where}`

export const now =
  "(course_date > '2026-09-22' OR (course_date = '2026-09-22' AND start_time > '15:20'))"
export const term = "course_date BETWEEN '2026-09-07' AND '2027-01-10'"
export const of = (course: string) => `course_name = '${course}'`
export const by = (teacher: string) => `instructor = '${teacher}'`
export const when = (where: string, limit = '') =>
  `SELECT course_date, start_time FROM Courses WHERE ${where} ORDER BY 1, 2 ${limit}`
export const teachers = (where = '1') =>
  `SELECT instructor FROM Courses WHERE instructor <> '' AND ${where} GROUP BY instructor`
export const week = (number: number) => `term = '2026 秋季学期' AND week = ${number}`
/** Every day from one to another without a class. */
export const freeDays = (from: string, to: string, where = '') =>
  `WITH RECURSIVE days(day) AS (SELECT '${from}' UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < '${to}')
  SELECT day FROM days WHERE day NOT IN (SELECT course_date FROM Courses${where})`
export const pairs = (condition: string, where: string) =>
  `FROM Courses a JOIN Courses b ON a.course_date = b.course_date AND ${condition}
  AND a.start_time < b.end_time AND b.start_time < a.end_time WHERE ${where}`
/** Each pair once, in either order, or twice; or the classes that are in one. */
export const clashes = (where: string) => [
  ...['<', '>', '<>'].map(
    (sign) =>
      `SELECT a.course_date, a.course_name, b.course_name ${pairs(`a.id ${sign} b.id`, where)}`,
  ),
  classes(`id IN (SELECT a.id ${pairs('a.id <> b.id', where)})`),
]
export const seconds = "(strftime('%s', end_time) - strftime('%s', start_time))"
export const hours = (where: string) => [
  `SELECT ROUND(SUM(${seconds}) / 3600.0, 2) FROM Courses WHERE ${where}`,
  `SELECT SUM(${seconds}) / 60 FROM Courses WHERE ${where}`,
]
export const minutes = (where: string) => [
  `SELECT DISTINCT ${seconds} / 60 FROM Courses WHERE ${where}`,
  `SELECT DISTINCT ROUND(${seconds} / 3600.0, 2) FROM Courses WHERE ${where}`,
  `SELECT DISTINCT start_time, end_time FROM Courses WHERE ${where}`,
]
export const nothing = 'SELECT 1 WHERE 0'
