import { Injectable, type PipeTransform } from '@nestjs/common';
import { ValidationError } from '@tandem/platform/errors';

const ID_MAX = 2_147_483_647;

/** An id in a path: a positive integer in its one spelling, so that `07` and `7` are not two addresses of one row. */
@Injectable()
export class ParseIdPipe implements PipeTransform<string, number> {
  transform(value: string): number {
    const id = /^[1-9][0-9]{0,9}$/.test(value) ? Number(value) : Number.NaN;
    if (!(id <= ID_MAX)) throw new ValidationError([{ path: 'id', message: 'id must be a positive integer' }]);
    return id;
  }
}
