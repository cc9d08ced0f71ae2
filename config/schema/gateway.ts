import { z } from 'zod';

export const gatewaySchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .describe('Address to listen on. Any but loopback needs `keys`.')
      .prefault('127.0.0.1'),
    port: z.int().min(0).max(65_535).describe('Port to listen on; 0: any that is free.').prefault(8_788),
    keys: z
      .string()
      .min(1)
      .describe(
        'File of `holdfast keys`, relative to this one. Absent: whoever reaches the gateway may use it.',
      )
      .optional(),
    overlappedStart: z
      .boolean()
      .describe('The provider call begins while Temporal records the start; `false`: after it.')
      .prefault(true),
  })
  .describe('The HTTP gateway.');
