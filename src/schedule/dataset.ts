import type { Dataset } from './sandbox/messages.ts'
import type { Course } from './schedule.ts'
import type { Stored } from './store/schedule-store.ts'
import { lastDateOf } from './term-week.ts'
import type { Assignment, Holiday, Term } from './timetable.ts'

/**
 * What the model is shown is what creates the tables. The first six columns of `Courses` are those
 * that prompts were written for; whatever is new comes behind them.
 */
export const schema = `CREATE TABLE Courses (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	course_date DATE NOT NULL,
	start_time TIME NOT NULL,
	end_time TIME NOT NULL,
	course_name VARCHAR(255) NOT NULL,
	instructor VARCHAR(255) NOT NULL,
	room VARCHAR(255),
	online_url VARCHAR(2000),
	notes VARCHAR(2000),
	week INTEGER,
	term VARCHAR(255),
	holiday VARCHAR(255)
);
CREATE TABLE Assignments (
	id INTEGER PRIMARY KEY,
	title VARCHAR(255) NOT NULL,
	course_name VARCHAR(255),
	due_date DATE NOT NULL,
	due_time TIME NOT NULL,
	url VARCHAR(2000),
	notes VARCHAR(2000)
);
CREATE TABLE Holidays (
	name VARCHAR(255) NOT NULL,
	first_date DATE NOT NULL,
	last_date DATE NOT NULL
);
CREATE TABLE Terms (
	name VARCHAR(255) NOT NULL,
	first_date DATE NOT NULL,
	last_date DATE NOT NULL,
	weeks INTEGER NOT NULL
);`

/** Not shown to the model, which has no use for them. */
const indexes = `
CREATE INDEX Courses_by_time ON Courses (course_date, start_time);
CREATE INDEX Courses_by_name ON Courses (instructor, course_name);`

export interface DatasetSource {
  courses: readonly Course[]
  assignments: readonly Stored<Assignment>[]
  holidays: readonly Holiday[]
  terms: readonly Term[]
}

/** The content of the database that queries read. */
export function toDataset({ courses, assignments, holidays, terms }: DatasetSource): Dataset {
  const laidTerms = terms.map((term) => ({ ...term, last_date: lastDateOf(term) }))
  return {
    schema: schema + indexes,
    tables: [
      table('Courses', courseColumns, courses),
      table('Assignments', assignmentColumns, assignments),
      table('Holidays', ['name', 'first_date', 'last_date'], holidays),
      table('Terms', ['name', 'first_date', 'last_date', 'weeks'], laidTerms),
    ],
  }
}

const courseColumns = [
  'id',
  'course_date',
  'start_time',
  'end_time',
  'course_name',
  'instructor',
  'room',
  'online_url',
  'notes',
  'week',
  'term',
  'holiday',
] as const satisfies (keyof Course)[]

const assignmentColumns = [
  'id',
  'title',
  'course_name',
  'due_date',
  'due_time',
  'url',
  'notes',
] as const satisfies (keyof Stored<Assignment>)[]

type Cell = string | number | null

function table<Column extends string>(
  name: string,
  columns: readonly Column[],
  rows: readonly Record<Column, Cell>[],
): Dataset['tables'][number] {
  return {
    name,
    columns: [...columns],
    rows: rows.map((row) => columns.map((column) => row[column])),
  }
}
