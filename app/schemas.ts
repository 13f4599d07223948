import { type ZodType, z } from 'zod';
import { HttpError } from './errors.ts';

/** What the shop takes in: `express` gives strings and unknown bodies, these give types or a 400 with the field and the reason. */
const items = z
  .array(z.object({ productId: z.number().int().positive(), quantity: z.number().int().min(1).max(20) }))
  .min(1)
  .max(20)
  .refine((list) => new Set(list.map((item) => item.productId)).size === list.length, 'names a product twice');

const card = z.object({
  number: z.string().regex(/^\d{13,19}$/, 'must be 13 to 19 digits'),
  expiry: z.string().regex(/^(0[1-9]|1[0-2])\/\d{2}$/, 'must be MM/YY'),
  cvc: z.string().regex(/^\d{3,4}$/, 'must be 3 or 4 digits'),
});

export const checkout = z.object({ email: z.email(), card, items });
export const search = z.object({
  search: z.string().max(100).default(''),
  page: z.coerce.number().int().min(1).max(10_000).default(1),
});
export const productId = z.object({ id: z.coerce.number().int().positive().max(2_147_483_647) });
/** Any 128 bits: the seeded past orders' ids are hashes, without the version bits of RFC 9562. */
export const orderId = z.object({ id: z.guid() });
export const idempotencyKey = z.object({ 'idempotency-key': z.string().min(8).max(100) });
export const reservation = z.object({ items });
export const charge = z.object({ amountCents: z.number().int().positive(), card });

export type Items = z.infer<typeof items>;
export type Card = z.infer<typeof card>;

/** Returns `input` as `schema` types it; throws a 400 whose body names the first field that is wrong and why. */
export function parse<T>(schema: ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || 'body';
  throw new HttpError(400, 'invalid_input', `${field}: ${issue?.message ?? 'is not valid'}`, { field });
}
