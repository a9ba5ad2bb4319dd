import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { ValidationError } from '@tandem/platform/errors';
import type { FastifyRequest } from 'fastify';

const ID_MAX = 2_147_483_647;

/**
 * The row id in the path (`:id`): a positive integer in its one spelling, so that `07` and `7` are not two addresses of
 * one row. Reads the path itself, because a pipe on `@Param` gets the number the global pipe already made of the text.
 */
export const IdParam = createParamDecorator(
  (_: unknown, context: ExecutionContext): number => {
    const { id: text = '' } = context.switchToHttp().getRequest<FastifyRequest>().params as { id?: string };
    const id = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(id <= ID_MAX)) throw new ValidationError([{ path: 'id', message: 'id must be a positive integer' }]);
    return id;
  },
  [
    (target, method) => {
      const descriptor = Object.getOwnPropertyDescriptor(target, method as string | symbol);
      if (descriptor === undefined) throw new Error('IdParam is for parameters of methods');
      ApiParam({ name: 'id', schema: { type: 'integer', minimum: 1, maximum: ID_MAX } })(
        target,
        method as string,
        descriptor,
      );
    },
  ],
);
