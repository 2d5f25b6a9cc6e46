import { parentPort, workerData } from 'node:worker_threads'
import { createAnalyser } from '../text/analyser/analyse.ts'
import type { Dictionary } from '../text/analyser/dictionary.ts'
import { type SearchDocument, toTerms } from './document.ts'

/** The analysis thread: documents in, their terms out, over the dictionary that the process shares. */

export interface AnalysisData {
  dictionary: Dictionary
  /** Of the dictionary's memory, for this thread. */
  room: number
}

const { dictionary, room } = workerData as AnalysisData
const analyser = createAnalyser(dictionary, room)

parentPort?.on('message', ({ id, documents }: { id: number; documents: SearchDocument[] }) => {
  parentPort?.postMessage({ id, result: documents.map(document => toTerms(analyser, document)) })
})
