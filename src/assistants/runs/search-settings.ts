import type OpenAI from 'openai'

import type { Run } from '../store/store.ts'

export interface SearchSettings {
  ranking_options: NonNullable<
    OpenAI.Beta.Threads.Runs.FileSearchToolCall['file_search']['ranking_options']
  >
  maxResults: number
}

/** As the hosted API has it for all but its oldest models (reference 5.7). */
const usualResults = 20

/** How a run's search is set. */
export function searchSettings({ tools }: Pick<Run, 'tools'>): SearchSettings {
  const tool = tools.find((each) => each.type === 'file_search')
  const { max_num_results: maxResults = usualResults, ranking_options: ranking } =
    tool?.file_search ?? {}
  return {
    // `auto` is shown as what it stands for.
    ranking_options: {
      ranker: 'default_2024_08_21',
      score_threshold: ranking?.score_threshold ?? 0,
    },
    maxResults,
  }
}
