import { Type } from 'typebox'

/** Lists that are short enough to go by page alone. */

/** Which page of such a list is asked for. */
export interface Pages {
  page: number
  pageSize: number
}

/** The parameters of such a list. */
export const pageParameters = (things: string) => ({
  page: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000_000,
      default: 1,
      description: 'Page number, from 1.',
      examples: [1],
    }),
  ),
  pageSize: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 100,
      description: `${things} on a page.`,
      examples: [100],
    }),
  ),
})

/** The fields of a page of such a list beside its items. */
export const pageFields = (things: string, total: number) => ({
  total: Type.Integer({
    minimum: 0,
    description: `How many ${things} there are, exactly.`,
    examples: [total],
  }),
  page: Type.Integer({ minimum: 1, description: 'This page.', examples: [1] }),
  pages: Type.Integer({ minimum: 0, description: 'How many pages there are.', examples: [1] }),
  pageSize: Type.Integer({ minimum: 1, examples: [100] }),
})

/** The page that the parameters ask for. */
export const wantedPage = ({ page = 1, pageSize = 100 }: Partial<Pages>): Pages => ({ page, pageSize })

/** A page as it is answered. */
export const pageOf = <Item>(items: Item[], total: number, { page, pageSize }: Pages) => ({
  items,
  total,
  page,
  pages: Math.ceil(total / pageSize),
  pageSize,
})
