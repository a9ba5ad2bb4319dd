import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant, STUDIO_SCOPES, type StudioScope } from '@tandem/contracts';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { CLIENT_PATTERN, NAMESPACE_PATTERN } from './check-token-grant.ts';

/** Longest two tokens of one rotation are valid together: 30 days. */
const OVERLAP_MINUTES_MAX = 43_200;

export const TOKEN_STATUSES = ['ACTIVE', 'REPLACED', 'EXPIRED', 'REVOKED'] as const;
export type TokenStatus = (typeof TOKEN_STATUSES)[number];

/** Why a token is issued, changed or ended. */
export class TokenActRequest {
  @ApiProperty({ description: 'Why, in words; kept in the audit trail' })
  @IsString()
  @Matches(/\S/, { message: 'reason must not be blank' })
  @MaxLength(1000)
  reason: string;
}

/** `POST /v1/operator/service-tokens` */
export class IssueTokenRequest extends TokenActRequest {
  @ApiProperty({ example: 'v1', description: 'The service; the same for every token it rotates through' })
  @Matches(CLIENT_PATTERN, { message: 'client must be 1 to 64 characters of a-z 0-9 . _ -' })
  client: string;

  @ApiProperty({ enum: STUDIO_SCOPES, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(STUDIO_SCOPES.length)
  @ArrayUnique()
  @IsIn(STUDIO_SCOPES, { each: true })
  scopes: StudioScope[];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'v1:',
    description: 'Beginning of the keys of the accounts it may use. Absent or null: all accounts',
  })
  @IsOptional()
  @Matches(NAMESPACE_PATTERN, { message: 'namespace must be v1: or v2:, or one kind in it, as in v1:partner:' })
  namespace?: string | null;

  @ApiPropertyOptional({ format: 'date-time', description: 'When it ends by itself. Absent: never' })
  @IsOptional()
  @IsInstant()
  expires_at?: string;
}

/** `POST /v1/operator/service-tokens/{id}/rotate` */
export class RotateTokenRequest extends TokenActRequest {
  @ApiPropertyOptional({
    default: 1440,
    minimum: 1,
    maximum: OVERLAP_MINUTES_MAX,
    description: 'Minutes the old token lives on, while the service takes up the new one',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(OVERLAP_MINUTES_MAX)
  overlap_minutes?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'When the new token ends by itself. Absent: never' })
  @IsOptional()
  @IsInstant()
  expires_at?: string;
}

/** A token as administrators see it; the secret is not in it. */
export class ServiceTokenRow {
  @ApiProperty()
  id: string;

  @ApiProperty()
  client: string;

  @ApiProperty({ enum: TOKEN_STATUSES, description: 'REPLACED: still valid, until `expires_at`' })
  status: TokenStatus;

  @ApiProperty({ type: [String] })
  scopes: string[];

  @ApiProperty({ type: String, nullable: true })
  namespace: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'To within a minute' })
  last_used_at: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The token that follows it' })
  replaced_by: string | null;
}

/** A new token. */
export class IssuedToken extends ServiceTokenRow {
  @ApiProperty({ description: 'The token itself: shown this once, and kept nowhere' })
  token: string;
}

/** All tokens, newest first. */
export class ServiceTokensAnswer {
  @ApiProperty({ type: [ServiceTokenRow] })
  items: ServiceTokenRow[];
}
