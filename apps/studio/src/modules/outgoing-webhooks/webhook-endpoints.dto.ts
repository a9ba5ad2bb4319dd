import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { PageQuery } from '../../http/account-activity.dto.ts';
import { OUTGOING_EVENT_TYPES, type OutgoingEventType } from './outgoing-event.ts';
import { DELIVERY_STATUSES, type DeliveryStatus } from './webhook-delivery.queries.ts';

const REASON_LENGTH_MAX = 1000;
const OVERLAP_HOURS_DEFAULT = 24;
const OVERLAP_HOURS_MAX = 168;

/** An act that only needs a reason. */
export class WebhookActRequest {
  @ApiProperty({ description: 'Why, in words; kept in the history' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(REASON_LENGTH_MAX)
  reason: string;
}

/** `POST /v1/operator/webhook-endpoints` */
export class RegisterWebhookEndpointRequest extends WebhookActRequest {
  @ApiProperty({
    example: 'https://hooks.example.com/tandem',
    description: 'https, a host of the public internet; checked again at each try. One endpoint per URL',
  })
  @IsString()
  @MaxLength(2000)
  url: string;

  @ApiPropertyOptional({ default: '' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  description?: string;

  @ApiProperty({ enum: OUTGOING_EVENT_TYPES, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(OUTGOING_EVENT_TYPES, { each: true })
  event_types: OutgoingEventType[];
}

/** `PUT /v1/operator/webhook-endpoints/{id}`: all fields, also those that stay. */
export class ChangeWebhookEndpointRequest extends RegisterWebhookEndpointRequest {
  @ApiProperty({
    description: 'Off: nothing is sent and nothing new is queued; what waits goes out when it is on again',
  })
  @IsBoolean()
  is_enabled: boolean;

  @ApiProperty({ description: 'Version the change is based on' })
  @IsInt()
  @Min(1)
  version: number;
}

/** `POST /v1/operator/webhook-endpoints/{id}/rotate-secret` */
export class RotateWebhookSecretRequest extends WebhookActRequest {
  @ApiPropertyOptional({
    default: OVERLAP_HOURS_DEFAULT,
    maximum: OVERLAP_HOURS_MAX,
    description: 'Hours the old secret signs beside the new one; 0: it ends now',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(OVERLAP_HOURS_MAX)
  overlap_hours: number = OVERLAP_HOURS_DEFAULT;
}

/** Where events are sent to. */
export class WebhookEndpoint {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  url: string;

  @ApiProperty()
  description: string;

  @ApiProperty({ enum: OUTGOING_EVENT_TYPES, isArray: true })
  event_types: string[];

  @ApiProperty()
  is_enabled: boolean;

  @ApiProperty({ type: String, nullable: true, description: 'Why it is off' })
  disabled_reason: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'First failure since the last success. After three days of it the endpoint is switched off',
  })
  failing_since: string | null;

  @ApiProperty({ description: 'Counts changes; send it back with an edit' })
  version: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

/** An endpoint with its new secret, which is shown this once. */
export class WebhookEndpointWithSecret extends WebhookEndpoint {
  @ApiProperty({ example: 'whsec_...', description: 'Verifies signatures; give it to the receiver' })
  secret: string;
}

export class WebhookEndpoints {
  @ApiProperty({ type: [WebhookEndpoint] })
  items: WebhookEndpoint[];
}

/** `GET /v1/operator/webhook-endpoints/{id}/deliveries` */
export class WebhookDeliveryListQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DELIVERY_STATUSES })
  @IsOptional()
  @IsIn(DELIVERY_STATUSES)
  status?: DeliveryStatus;
}

/** One message at one endpoint. */
export class WebhookDelivery {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  endpoint_id: string;

  @ApiProperty({ description: 'The same for every try, and for every endpoint that gets the message' })
  webhook_id: string;

  @ApiProperty()
  event_type: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  account_id: string | null;

  @ApiProperty({ enum: DELIVERY_STATUSES })
  status: DeliveryStatus;

  @ApiProperty({ description: 'Tries begun' })
  attempts: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null when nothing more is tried' })
  next_attempt_at: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it was delivered or given up' })
  settled_at: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Status of the last answer; null: there was none' })
  last_status_code: number | null;

  @ApiProperty({ type: String, nullable: true })
  last_error: string | null;
}

/** One try. A number that is missing: the process died before it could note how the try went. */
export class WebhookAttempt {
  @ApiProperty()
  attempt: number;

  @ApiProperty({ format: 'date-time' })
  started_at: string;

  @ApiProperty()
  duration_ms: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Null: there was no answer' })
  status_code: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed, or how the answer began' })
  error: string | null;
}

/** A delivery with its newest tries. */
export class WebhookDeliveryDetail extends WebhookDelivery {
  @ApiProperty({ type: [WebhookAttempt], description: 'Newest first, at most 100' })
  attempt_log: WebhookAttempt[];
}

export class WebhookDeliveriesPage {
  @ApiProperty({ type: [WebhookDelivery] })
  items: WebhookDelivery[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;
}
