import type { z } from 'zod'

/**
 * What a check of ours hands to `toInvalidRequest` through a zod issue: the error's own code and,
 * with `$` where the member's path belongs, its text.
 */
export interface Problem {
  code: string
  text: string
}

/** A custom zod issue that carries a `Problem`. */
export function problemIssue(problem: Problem, input: unknown): z.core.$ZodRawIssue {
  return { code: 'custom', params: { problem }, input }
}

/** The problem that `problemIssue` put into an issue. */
export function problemOf(issue: z.core.$ZodIssueCustom): Problem | undefined {
  const problem: unknown = issue.params?.['problem']
  // Only `problemIssue` sets this member.
  return problem as Problem | undefined
}
