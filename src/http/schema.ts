import { type Static, type TSchema, type TSchemaOptions, Type } from 'typebox'

/** A reference to a registered component that keeps its static type: `#/components/schemas/Article` in the document. */
export const ref = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T>>({ $ref: `${(schema as { $id?: string }).$id}#` })

/** A value that may be null, in the form of JSON Schema 2020-12 (never `nullable`, which 3.1 does not know). */
export const nullable = <T extends TSchema>(schema: T, options: TSchemaOptions = {}) =>
  Type.Union([schema, Type.Null()], options)

/** One of a fixed list of strings. */
export const oneOf = <const T extends readonly string[]>(values: T, options: object = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options })

/** The pattern of texts in which there is something to see: blanks, joiners, directions and the fillers of Hangul show nothing. */
export const NOT_BLANK = '[^\\s\\u00ad\\u115f\\u1160\\u200b-\\u200f\\u2060\\u3164\\ufeff\\uffa0]'

export const Day = (description: string, example: string) =>
  Type.String({ format: 'date', description, examples: [example] })

export const Instant = (description: string, example = '2026-01-23T09:30:00+09:00') =>
  Type.String({ format: 'date-time', description, examples: [example] })
