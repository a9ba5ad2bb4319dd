import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { IsExternalKey } from '../validators.ts';

/** Names an account by Studio's id, by external key, or by both (then they must agree). At least one is required. */
export class AccountSelector {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  account_id?: string;

  @ApiPropertyOptional({ example: 'v1:partner:77' })
  @IsOptional()
  @IsExternalKey()
  external_key?: string;
}
